export { createSessionOpener, type SessionOpener } from './open-session.ts';
export { startWorker, type Worker, type WorkerParts } from './start-worker.ts';

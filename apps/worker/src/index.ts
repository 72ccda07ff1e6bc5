/** The engine's own list, so that `apply` refuses what a session would. */
export { encodingProblem } from '#ftps';
export { LocalRoots, type LocalRootsOptions, type SaidBy } from './local-roots.ts';
export { secretSources, type WorkerSecrets } from './open-secrets.ts';
export { type ConnectRules, createSessionOpener, type SessionOpener } from './open-session.ts';
export { createEndpointExaminer, type EndpointExaminer } from './probe-endpoint.ts';
export {
  KeysInChange,
  prepareSealingKey,
  type Rewrapping,
  type Rotation,
  rewrapSecrets,
  rotateKeys,
} from './rotate-keys.ts';
export { startWorker, type Worker, type WorkerParts } from './start-worker.ts';

export { type LocalSessionOptions, openLocalSession } from './local-session.ts';

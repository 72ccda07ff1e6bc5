import { afterEach } from 'vitest';
import type { RemoteSession } from '#protocol';
import { TestAuthority } from './certificates.ts';
import { type Script, ScriptedServer } from './scripted-server.ts';
import { type SessionWish, sessionAt, Witness } from './session-at.ts';

export const authority = new TestAuthority();
export const certificate = authority.issue({ commonName: 'partner', names: ['127.0.0.1'] });

const opened: Array<{ server: ScriptedServer; session: RemoteSession }> = [];

/** A session on a server that follows the script; both end with the test. */
export async function open(script: Partial<Script> = {}, wish: Partial<SessionWish> = {}) {
  const server = await ScriptedServer.start({ certificate, ...script });
  const witness = new Witness();
  const session = await sessionAt(
    { port: server.port, ...wish, tls: { ca: [authority.cert], ...wish.tls } },
    witness,
  );
  opened.push({ server, session });
  return { server, witness, session };
}

export function closeWhatWasOpened(): void {
  afterEach(async () => {
    for (const { server, session } of opened.splice(0)) {
      await session.close();
      await server.stop();
    }
  });
}

export const signal = new AbortController().signal;
export const ignore = () => {};
export const file = (name: string, bytes: Buffer) => new Map([[name, bytes]]);
export const answer = (answers: Record<string, string>) => (verb: string) => answers[verb];

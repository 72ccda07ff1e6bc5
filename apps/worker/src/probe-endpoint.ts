import { randomBytes } from 'node:crypto';
import {
  type CapabilityProfile,
  type Endpoint,
  type Finding,
  type LocalEndpoint,
  TransferError,
} from '#domain';
import { examineEndpoint } from '#ftps';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { SecretSources } from '#secrets';
import { type ConnectRules, openWithin, revealSecrets } from './open-session.ts';

export interface ProbeOrder {
  endpoint: Endpoint;
  /** Where the doctor may write; undefined: nowhere. */
  folder: string | undefined;
}

/** Examines an endpoint and tells each finding as it stands. Resolves with its profile, null where there is none. */
export type EndpointExaminer = (
  order: ProbeOrder,
  observer: SessionObserver,
  onFinding: (finding: Finding) => Promise<void>,
  signal: AbortSignal,
) => Promise<CapabilityProfile | null>;

/** Secrets are revealed here, for one examination, and nowhere before. */
export function createEndpointExaminer(
  secrets: SecretSources,
  { allowedLegacyPolicies: allowLegacy, egress, roots }: ConnectRules,
): EndpointExaminer {
  return async ({ endpoint, folder }, observer, onFinding, signal) => {
    if (endpoint.protocol === 'local') {
      const open = () => openWithin(roots, endpoint, observer, signal);
      await examineDirectory(endpoint, folder, open, onFinding, signal);
      return null;
    }
    const checkDestination = await egress.destinationCheck();
    const revealed = await revealSecrets(endpoint, secrets);
    const options = { ...revealed, allowLegacy, checkDestination, folder };
    return (await examineEndpoint(options, observer, onFinding, signal)).profile;
  };
}

/** Our own directories have no protocol to examine: are they there, and may we write? */
async function examineDirectory(
  endpoint: LocalEndpoint,
  folder: string | undefined,
  open: () => Promise<RemoteSession>,
  onFinding: (finding: Finding) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const step = async (name: string, look: () => Promise<string>): Promise<void> => {
    const since = performance.now();
    const seen = await look().then(
      (says) => ({ outcome: 'ok' as const, says }),
      (thrown: unknown) => ({ outcome: 'failed' as const, says: told(TransferError.from(thrown, 'list')) }),
    );
    signal.throwIfAborted();
    await onFinding({ step: name, ...seen, ms: Math.round(performance.now() - since) });
  };
  const path = folder ?? '/';
  await step('listing', () =>
    onSession(open, async (session) => {
      const { entries } = await session.list(path, signal);
      return `${endpoint.root} is there; ${path} has ${entries.length === 1 ? '1 entry' : `${entries.length} entries`}.`;
    }),
  );
  if (folder === undefined) return;
  await step('write', () =>
    onSession(open, async (session) => {
      await writeAndRemove(session, folder, signal);
      return `A file was written to ${folder}, renamed and removed again.`;
    }),
  );
}

async function onSession<T>(
  open: () => Promise<RemoteSession>,
  act: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const session = await open();
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}

async function writeAndRemove(session: RemoteSession, folder: string, signal: AbortSignal): Promise<void> {
  const base = `${folder.replace(/\/+$/, '')}/.waybill-doctor-${randomBytes(6).toString('hex')}`;
  const [written, renamed] = [`${base}.part`, `${base}-2.part`];
  try {
    const writer = await session.openWrite(written, signal);
    await writer.write(Buffer.from('A trial file of `waybill doctor`; it may be deleted.\n'));
    await writer.finish();
    await session.rename(written, renamed, { overwrite: false }, signal);
  } finally {
    for (const path of [written, renamed]) await session.remove(path, signal).catch(() => undefined);
  }
}

function told({ sentence, detail }: TransferError): string {
  return detail === undefined ? sentence : `${sentence} (${detail})`;
}

import { type Approvals, assertNamesStand } from '#configuration';
import {
  type ApiKeyRequest,
  assertKeyPossible,
  createApiKeyIn,
  drawApiKey,
  type IdentityKeys,
} from '#identity';
import type { ApprovalRecord, Store } from '#store';

const KIND = 'api_key';
const taken = new WeakSet<Approvals>();

/** Of the key only what is kept of every key. */
interface Payload extends Omit<ApiKeyRequest, 'actor' | 'expiresAt'> {
  expiresAt: string | null;
  digest: string;
}

/** Several apis of one process may share the approvals. */
export function takeUpKeyApprovals(approvals: Approvals): void {
  if (taken.has(approvals)) return;
  taken.add(approvals);
  approvals.register(KIND, async (tx, approval) => {
    const { payload, requestedBy } = approval;
    const { digest, expiresAt, ...wanted } = payload as Payload;
    await assertNamesStand(tx, approval, wanted);
    await createApiKeyIn(
      tx,
      { ...wanted, actor: requestedBy, ...(expiresAt !== null && { expiresAt: new Date(expiresAt) }) },
      new Uint8Array(Buffer.from(digest, 'base64')),
    );
  });
}

/**
 * The key is shown now, as nobody but who asks shall see it, and opens nothing before a second person has agreed.
 * @throws IdentityRefused `name_taken`, `unknown_name`
 */
export async function askForKey(
  store: Store,
  approvals: Approvals,
  keys: IdentityKeys,
  request: ApiKeyRequest,
): Promise<{ approval: ApprovalRecord; key: string }> {
  const { key, digest } = drawApiKey(keys);
  const { name, role, partners = 'all', routes = 'all', actor } = request;
  const expiresAt = request.expiresAt?.toISOString() ?? null;
  const approval = await store.transaction(async (tx) => {
    await assertKeyPossible(tx, request);
    const said = { role, partners, routes, expiresAt };
    const fields = Object.entries(said).map(([path, after]) => ({ path, before: null, after }));
    return approvals.request(tx, {
      kind: KIND,
      requestedBy: actor,
      // It concerns the whole installation.
      partners: [],
      summary: `make the API key ${name}`,
      changes: [{ kind: 'create', noun: 'api_key', name, fields }],
      payload: { name, ...said, digest: Buffer.from(digest).toString('base64') } satisfies Payload,
    });
  });
  return { approval, key };
}

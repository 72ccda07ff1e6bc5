import { createHash } from 'node:crypto';
import type { SqlTx, Store } from '#store';

/** The key stands for another request: to answer with that one's run would be to lose this one. */
export class KeyReused extends Error {
  constructor(
    sentence = 'This Idempotency-Key belongs to an earlier request that asked for something else. Take a new key.',
  ) {
    super(sentence);
    this.name = 'KeyReused';
  }
}

/** What it stood for is not kept any more. A second run could be one too many, and the old one the answer to another question. */
export function keyForgotten(runId: string, createdAt: Date): KeyReused {
  return new KeyReused(
    `This Idempotency-Key made run ${runId} at ${createdAt.toISOString()}; what was asked for then is not kept any more. Look at that run, or take a new key.`,
  );
}

/** Two requests are the same when they ask for the same; the order of their fields is nobody's business. */
export function requestDigest(operation: string, asked: object): string {
  return createHash('sha256')
    .update(JSON.stringify([operation, inOrder(asked)]))
    .digest('hex');
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, inner]) => [key, inOrder(inner)]),
  );
}

export interface IdempotentRequest {
  runId: string;
  digest: string;
  /** Undefined: it is kept when it is known. */
  answer?: object | undefined;
}

export async function keepIdempotentRequests(
  tx: SqlTx,
  requests: readonly IdempotentRequest[],
): Promise<void> {
  if (requests.length === 0) return;
  const rows = requests.map(({ runId, digest, answer }) => ({
    run_id: runId,
    digest,
    // As text: jsonb would give the fields another order, and the repeat another answer.
    answer: answer === undefined ? null : JSON.stringify(answer),
  }));
  await tx.$executeRaw`
    INSERT INTO idempotent_request (run_id, digest, answer)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS kept(run_id uuid, digest text, answer text)`;
}

/** The first answer that is kept is the answer of all; this one where there is nothing to keep it with. */
export async function keepAnswer<T extends object>(store: Store, runId: string, answer: T): Promise<T> {
  return store.sqlTransaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ answer: string }[]>`
      UPDATE idempotent_request SET answer = coalesce(answer, ${JSON.stringify(answer)}) WHERE run_id = ${runId}::uuid
      RETURNING answer`;
    return row ? (JSON.parse(row.answer) as T) : answer;
  });
}

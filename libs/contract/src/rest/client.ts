import { z } from 'zod';
import type { Operation } from './operation.ts';
import { fullPath, listOperations, type OPERATIONS, type OperationId } from './operations.ts';

type Table = typeof OPERATIONS;
type Part = 'params' | 'query' | 'headers' | 'body';

/** What a caller may write in one part: defaults left out. `never` where the operation has no such part. */
type Given<Id extends OperationId, Name extends Part> = Table[Id] extends {
  [Key in Name]: infer Schema extends z.ZodType;
}
  ? z.input<Schema>
  : never;

/** `{}`, which is also what an object without any field takes. */
type Nothing = Record<never, never>;

/** Of the parts that an operation has, those in which nothing has to be said, and the others. One by one. */
type MayBeLeftOut<Id extends OperationId, Name extends Part> = Name extends Part
  ? [Given<Id, Name>] extends [never]
    ? never
    : Nothing extends Given<Id, Name>
      ? Name
      : never
  : never;
type MustBeSaid<Id extends OperationId, Name extends Part> = Name extends Part
  ? [Given<Id, Name>] extends [never]
    ? never
    : Nothing extends Given<Id, Name>
      ? never
      : Name
  : never;

/** `{params: {id}, body: {reason}}`: the parts of one call as the table declares them. */
export type CallOf<Id extends OperationId> = { [Name in MustBeSaid<Id, Part>]: Given<Id, Name> } & {
  [Name in MayBeLeftOut<Id, Part>]?: Given<Id, Name> | undefined;
};

/** Answers that are too long, or without an end: they are given as they come. */
const STREAMED = ['text/event-stream', 'application/x-ndjson', 'text/csv'] as const;

/** What is done: the object, the text, or the stream. */
type DoneOf<Id extends OperationId> = Table[Id]['success'] extends {
  schema: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : Table[Id]['success'] extends { contentType: (typeof STREAMED)[number] }
    ? ReadableStream<Uint8Array<ArrayBuffer>>
    : Table[Id]['success'] extends { contentType: string }
      ? string
      : undefined;

/** What has to wait for somebody first: nobody takes it for done without a look. */
type AcceptedOf<Id extends OperationId> = Table[Id] extends {
  accepted: { schema: infer Schema extends z.ZodType };
}
  ? z.output<Schema>
  : never;

/** What a successful call gives. */
export type AnswerOf<Id extends OperationId> = DoneOf<Id> | AcceptedOf<Id>;

/** One method for each row of the table: a path or a field that does not exist does not compile. */
export type Client = {
  readonly [Id in OperationId]: (
    ...call: Nothing extends CallOf<Id> ? [call?: CallOf<Id>] : [call: CallOf<Id>]
  ) => Promise<AnswerOf<Id>>;
};

/** Operations that answer page by page. */
export type ListId = {
  [Id in OperationId]: AnswerOf<Id> extends { items: unknown[]; nextCursor: string | null }
    ? Given<Id, 'query'> extends { cursor?: unknown }
      ? Id
      : never
    : never;
}[OperationId];
export type ItemOf<Id extends ListId> = AnswerOf<Id> extends { items: (infer Item)[] } ? Item : never;

export interface ClientOptions {
  /** `https://waybill.example`, without `/api/v1`. */
  url: string;
  key: string;
  /** How long an answer may take; streams are not timed. Default 60 s, more than any `wait`. */
  timeoutMs?: number;
}

/** What is read of a problem; a newer server's code is one we do not know, and still worth showing. */
const saidProblem = z.object({
  code: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  requestId: z.string().optional(),
});
export type SaidProblem = z.infer<typeof saidProblem>;

/** The server answered, and not with what was asked for. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly operation: OperationId;
  readonly status: number;
  /** undefined where something between here and the server answered in its own way. */
  readonly problem: SaidProblem | undefined;

  constructor(operation: OperationId, status: number, problem: SaidProblem | undefined) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`);
    this.operation = operation;
    this.status = status;
    this.problem = problem;
  }
}

/** There was no answer: nobody listens, the name is unknown, the time was up. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(url: string, cause: unknown) {
    const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
    super(`no answer from ${url}: ${inner instanceof Error ? inner.message : String(inner)}`, { cause });
  }
}

const TIMEOUT_MS = 60_000;

/** Answers are given as they come and not checked again: a newer server may say more than this client knows. */
export function makeClient(options: ClientOptions): Client {
  const calls = listOperations().map(({ id, operation }) => [
    id,
    (call: LooseCall = {}) => send(options, id, operation, call),
  ]);
  return Object.fromEntries(calls) as Client;
}

/** Follows the cursor until `limit` objects are there. */
export async function collectPages<Id extends ListId>(
  client: Client,
  id: Id,
  call: CallOf<Id>,
  limit = Number.POSITIVE_INFINITY,
): Promise<ItemOf<Id>[]> {
  const ask = client[id] as unknown as (call: LooseCall) => Promise<{
    items: ItemOf<Id>[];
    nextCursor: string | null;
  }>;
  const found: ItemOf<Id>[] = [];
  let cursor: string | undefined;
  do {
    const query = {
      ...(call as LooseCall).query,
      limit: Math.min(LARGEST_PAGE, limit - found.length),
      cursor,
    };
    const page = await ask({ ...call, query });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < limit);
  return found;
}

const LARGEST_PAGE = 200;

type LooseCall = { [Name in Exclude<Part, 'body'>]?: Record<string, unknown> } & { body?: unknown };

async function send(
  options: ClientOptions,
  id: OperationId,
  operation: Operation,
  call: LooseCall,
): Promise<unknown> {
  const url = `${options.url.replace(/\/+$/, '')}${addressOf(operation, call)}`;
  const { success } = operation;
  const streams = 'contentType' in success && STREAMED.some((type) => type === success.contentType);
  const response = await reach(url, {
    method: operation.method,
    headers: {
      accept: 'contentType' in operation.success ? operation.success.contentType : 'application/json',
      ...given(call.headers),
      ...(operation.body && { 'content-type': 'application/json' }),
      authorization: `Bearer ${options.key}`,
    },
    ...(operation.body && { body: JSON.stringify(call.body ?? {}) }),
    // Somewhere else is not where the key may go.
    redirect: 'error',
    ...(!streams && { signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS) }),
  });
  // The body of a Response that nobody holds any more is cancelled with it, unless somebody reads it.
  if (streams && response.ok) return response.body?.pipeThrough(new TransformStream());
  const text = await response.text().catch((cause: unknown) => {
    throw new NoAnswer(url, cause);
  });
  if (!response.ok) throw new CallRefused(id, response.status, readProblem(text));
  if ('schema' in success || response.status === operation.accepted?.status) return JSON.parse(text);
  return 'contentType' in operation.success ? text : undefined;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new NoAnswer(new URL(url).origin, cause);
  }
}

/** Every name is written so that it stays one segment of the path. */
function addressOf(operation: Operation, { params = {}, query = {} }: LooseCall): string {
  const path = fullPath(operation).replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams(given(query)).toString();
  return search === '' ? path : `${path}?${search}`;
}

function given(values: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

function readProblem(text: string): SaidProblem | undefined {
  try {
    return saidProblem.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

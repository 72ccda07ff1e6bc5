import operations from 'virtual:operations';
import type { AnswerOf, CallOf, OperationId } from '#contract';
import { Refused, readProblem, Unreachable } from './problem.ts';

/** As in the contract (`CSRF_HEADER`): another page cannot send it. */
const CSRF_HEADER = 'X-Waybill-Csrf';
const TIMEOUT_MS = 60_000;

type Arguments<Id extends OperationId> =
  Record<never, never> extends CallOf<Id> ? [call?: CallOf<Id>] : [call: CallOf<Id>];
type LooseCall = {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  headers?: Record<string, unknown>;
  body?: unknown;
};

export interface Answered<Id extends OperationId> {
  body: AnswerOf<Id>;
  /** 202 where it is not done yet: somebody has to approve, or a worker has to get to it. */
  status: number;
  /** Send it back as `if-match` with a change of the object. */
  etag: string | undefined;
}

let csrfToken: string | undefined;
const endListeners = new Set<() => void>();

/** Of the session in force; the page's own proof that it asks. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** Told whenever the api says that nobody is signed in. Returns how to stop listening. */
export function onSessionEnd(listener: () => void): () => void {
  endListeners.add(listener);
  return () => endListeners.delete(listener);
}

/**
 * One operation of the contract.
 * @throws Refused when the api says no, Unreachable when it says nothing
 */
export async function call<Id extends OperationId>(id: Id, ...[given]: Arguments<Id>): Promise<AnswerOf<Id>> {
  return (await send(id, given as LooseCall | undefined)).body;
}

/** The same with status and ETag. */
export async function callFully<Id extends OperationId>(
  id: Id,
  ...[given]: Arguments<Id>
): Promise<Answered<Id>> {
  return send(id, given as LooseCall | undefined);
}

async function send<Id extends OperationId>(id: Id, given: LooseCall = {}): Promise<Answered<Id>> {
  const { method, answers } = operations[id];
  const response = await reach(addressOf(id, given), {
    method,
    headers: {
      accept: answers,
      ...written(given.headers),
      ...(method !== 'GET' && csrfToken !== undefined && { [CSRF_HEADER]: csrfToken }),
      ...(given.body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
    credentials: 'same-origin',
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const text = await response.text().catch((cause: unknown) => {
    throw new Unreachable(cause);
  });
  if (!response.ok) {
    const refused = new Refused(id, response.status, readProblem(text), secondsOf(response));
    if (refused.code === 'unauthenticated') for (const listener of endListeners) listener();
    throw refused;
  }
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  return {
    body: (isJson ? JSON.parse(text) : text) as AnswerOf<Id>,
    status: response.status,
    etag: response.headers.get('etag') ?? undefined,
  };
}

/** `Retry-After`; the api writes seconds. */
function secondsOf({ headers }: Response): number | undefined {
  const said = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isInteger(said) && said > 0 ? said : undefined;
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new Unreachable(cause);
  }
}

/** Where an operation is found; also for plain links, as exports are. Every name stays one segment. */
export function addressOf(id: OperationId, { params = {}, query = {} }: LooseCall = {}): string {
  const path = operations[id].path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams(written(query)).toString();
  return search === '' ? path : `${path}?${search}`;
}

function written(values: Record<string, unknown> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== '')
      .map(([name, value]) => [name, String(value)]),
  );
}

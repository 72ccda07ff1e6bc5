import type { ApiAddress } from '#config';
import { API_PREFIX, type Problem } from '#contract';
import { UsageError, WorkFailed } from './failures.ts';

/** The few calls of the REST interface that commands make; objects are printed as they come. */
export class ApiClient {
  readonly #base: string;
  readonly #key: string;

  constructor(address: ApiAddress) {
    this.#base = `${address.url.replace(/\/+$/, '')}${API_PREFIX}`;
    this.#key = address.key;
  }

  async get<T>(path: string, query: Record<string, string | undefined> = {}): Promise<T> {
    const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const search = new URLSearchParams(given).toString();
    return this.#call<T>('GET', search === '' ? path : `${path}?${search}`);
  }

  async post<T>(path: string, body: unknown, headers: Record<string, string> = {}): Promise<T> {
    return this.#call<T>('POST', path, body, headers);
  }

  async #call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const response = await this.#fetch(method, path, body, headers);
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as T;
    const problem = readProblem(text);
    const said = problem.detail ?? problem.title ?? `HTTP ${response.status}`;
    const fields = (problem.errors ?? []).map((field) => `${field.path}: ${field.message}`);
    const message = [said, ...fields].join('; ');
    // The caller's mistakes are usage errors; what the server could not do is failed work.
    if ([400, 401, 403, 404, 409, 413, 415, 422].includes(response.status)) {
      throw new UsageError(
        response.status === 401 ? `${message} (WAYBILL_API_KEY is not accepted)` : message,
      );
    }
    // Later it may work: the sentence says when.
    throw new WorkFailed(response.status === 429 ? message : `${method} ${path}: ${message}`);
  }

  async #fetch(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string>,
  ): Promise<Response> {
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.#key}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(30_000),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new WorkFailed(
        `no answer from ${this.#base}: ${cause instanceof Error ? cause.message : String(cause)}`,
      );
    }
  }
}

function readProblem(text: string): Partial<Problem> {
  try {
    return JSON.parse(text) as Partial<Problem>;
  } catch {
    return {};
  }
}

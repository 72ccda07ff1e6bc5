import type { ApiAddress } from '#config';
import { CallRefused, type Client, makeClient, NoAnswer } from '#contract';
import { UsageError, WorkFailed } from './failures.ts';

/** The caller's mistakes are usage errors; what the server could not do is failed work. */
const MISTAKES: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 412, 413, 415, 422, 428]);

/** The contract's client; what goes wrong comes as a failure of the command that called it. */
export function connectApi({ url, key }: ApiAddress): Client {
  const client = makeClient({ url, key });
  const calls = Object.entries(client).map(([id, call]) => [
    id,
    async (input: unknown) => {
      try {
        return await (call as (input: unknown) => Promise<unknown>)(input);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(calls) as Client;
}

function toFailure(error: unknown): unknown {
  if (error instanceof NoAnswer) return new WorkFailed(error.message);
  if (!(error instanceof CallRefused)) return error;
  const { status, operation, problem } = error;
  const fields = (problem?.errors ?? []).map((field) => `${field.path}: ${field.message}`);
  const message = [error.message, ...fields].join('; ');
  if (status === 401) return new UsageError(`${message} (WAYBILL_API_KEY is not accepted)`);
  if (MISTAKES.has(status)) return new UsageError(message);
  // Later it may work: the sentence says when.
  return new WorkFailed(status === 429 ? message : `${operation}: ${message}`);
}

/** A word that the contract knows, or a line that says which ones there are. */
export function oneOf<Word extends string>(words: readonly Word[], option: string, given: string): Word {
  const word = words.find((one) => one === given);
  if (word === undefined) throw new UsageError(`${option} ${given}: expected one of ${words.join(', ')}`);
  return word;
}

/** The same for an option that may be left out. */
export function oneOfOrNone<Word extends string>(
  words: readonly Word[],
  option: string,
  given: string | undefined,
): Word | undefined {
  return given === undefined ? undefined : oneOf(words, option, given);
}

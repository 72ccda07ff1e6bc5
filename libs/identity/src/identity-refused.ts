/** Why something about identities is not done; the api and the commands make an answer of it. */
export type IdentityRefusal =
  | 'sign_in_refused'
  | 'unavailable'
  | 'second_factor_required'
  | 'too_many_requests'
  | 'name_taken'
  | 'unknown_name'
  | 'weak_password'
  | 'last_admin'
  | 'no_password'
  | 'second_factor_conflict';

export class IdentityRefused extends Error {
  readonly code: IdentityRefusal;
  /** Of `too_many_requests`. */
  readonly retryAfterSeconds: number | undefined;
  /** The part of the request that is wrong. */
  readonly field: string | undefined;
  /** Which of several reasons of this code it was, in one word; for pages that have a sentence for each. */
  readonly reason: string | undefined;

  constructor(
    code: IdentityRefusal,
    message: string,
    more: { retryAfterSeconds?: number; field?: string; reason?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.name = 'IdentityRefused';
    this.code = code;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.field = more.field;
    this.reason = more.reason;
  }
}

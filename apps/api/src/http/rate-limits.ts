import { createHash } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import type { HttpConfig } from '#config';
import { SESSION_COOKIE } from '#contract';
import { addressGroup } from '#identity';
import { ApiProblem } from './api-problem.ts';
import type { WaybillRequest } from './operation.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Injection token of RateLimits. */
export const RATE_LIMITS = Symbol('RateLimits');

const MOST_KNOWN = 10_000;
const SESSION = new RegExp(String.raw`(?:^|;)\s*${SESSION_COOKIE}=([^;]*)`);

/**
 * Two buckets, because one cannot tell friend from flood: behind one router, or a proxy that is not named as trusted, everybody
 * has one address. Whoever shows credentials that were good before is never held up by strangers there; the guard still decides
 * about them. Kept in this process: with several apis each allows as much.
 */
export class RateLimits {
  readonly #identities: TokenBuckets;
  readonly #addresses: TokenBuckets;
  /** Digest of credentials that the guard has accepted -> whose they are; in the order of their last use. */
  readonly #known = new Map<string, string>();
  readonly #paid = new WeakSet<WaybillRequest>();

  constructor(options: HttpConfig['rates'], nowMs?: () => number) {
    this.#identities = new TokenBuckets(options.perIdentity, nowMs);
    this.#addresses = new TokenBuckets(options.perAddress, nowMs);
  }

  /** Before anything is looked up: what refuses the request, if anything does. */
  admit(request: WaybillRequest, response: Response): ApiProblem | undefined {
    const address = addressGroup(request.peer.address);
    const credentials = digestOfCredentials(request);
    const known = credentials === undefined ? undefined : this.#known.get(credentials);
    // Paid for at once, also with credentials that may be made up: a thousand at the same time are not all let in.
    const refused = tooSoon(
      known === undefined ? this.#addresses.take(address) : this.#identities.take(known),
    );
    if (refused || credentials === undefined) return refused;
    if (known !== undefined) this.#paid.add(request);
    response.on('close', () => {
      const { identity } = request;
      if (!identity) {
        this.#known.delete(credentials);
        if (known !== undefined) this.#addresses.charge(address);
        return;
      }
      if (known === undefined) this.#addresses.refund(address);
      this.#remember(credentials, nameOf(identity));
      // Refused for its role, before it was asked to pay.
      if (!this.#paid.has(request)) this.#identities.charge(nameOf(identity));
    });
    return undefined;
  }

  /** Once it is known who asks. */
  pay(request: WaybillRequest): ApiProblem | undefined {
    if (!request.identity || this.#paid.has(request)) return undefined;
    this.#paid.add(request);
    return tooSoon(this.#identities.take(nameOf(request.identity)));
  }

  #remember(credentials: string, name: string): void {
    this.#known.delete(credentials);
    this.#known.set(credentials, name);
    if (this.#known.size > MOST_KNOWN) {
      const [oldest] = this.#known.keys();
      this.#known.delete(oldest!);
    }
  }
}

/** Runs after the access guard, so that it knows who asks. */
@Injectable()
export class RateGuard implements CanActivate {
  readonly #limits: RateLimits;

  constructor(@Inject(RATE_LIMITS) limits: RateLimits) {
    this.#limits = limits;
  }

  canActivate(context: ExecutionContext): boolean {
    const refused = this.#limits.pay(context.switchToHttp().getRequest<WaybillRequest>());
    if (refused) throw refused;
    return true;
  }
}

function tooSoon(seconds: number): ApiProblem | undefined {
  if (seconds === 0) return undefined;
  return new ApiProblem('too_many_requests', `Ask again in ${seconds} s.`, undefined, seconds);
}

function nameOf({ actor }: { actor: { kind: string; name: string } }): string {
  return `${actor.kind}:${actor.name}`;
}

/** Of what identifies and nothing else: a cookie more must not make a stranger of somebody known. */
function digestOfCredentials({ headers }: WaybillRequest): string | undefined {
  const given = headers.authorization ?? SESSION.exec(headers.cookie ?? '')?.[1];
  return given === undefined ? undefined : createHash('sha256').update(given).digest('base64');
}

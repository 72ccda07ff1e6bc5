import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { finalize, from, mergeMap, type Observable } from 'rxjs';
import type { OperationId } from '#contract';
import type { Identity } from '#identity';
import { ApiProblem } from './api-problem.ts';
import { operationOf, type WaybillRequest } from './operation.ts';

/** Of one identity: five of them have all connections to the database, and not one. */
const MOST_AT_ONCE = 4;
/** Programs that ask for much at once get it, one after the other; who goes on asking is refused. */
const MOST_WAITING = 200;
/** A search may take 20 s. */
const RETRY_AFTER_S = 5;

/**
 * What lasts as long as somebody listens has places of its own. Triggers share transactions, which they could not if they came one
 * after the other, on connections of their own.
 */
const WITHOUT_TURN: ReadonlySet<OperationId> = new Set<OperationId>([
  'streamEvents',
  'streamRunEvents',
  'exportAuditEvents',
  'exportRuns',
  'exportTransfers',
  'exportTlsNegotiations',
  'getRun',
  'triggerRun',
]);

interface Line {
  atWork: number;
  /** In the order in which they came; called when it is their turn. */
  waiting: (() => void)[];
}

/** The requests of one identity take turns at the database, so that its slow ones hold up its own and nobody else's. */
@Injectable()
export class DatabaseTurns implements NestInterceptor {
  readonly #lines = new Map<string, Line>();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { id } = operationOf(context.getHandler())!;
    const { identity } = context.switchToHttp().getRequest<WaybillRequest>();
    if (!identity || WITHOUT_TURN.has(id)) return next.handle();
    // Until the handler is done, and not until the client is gone: what he asked for goes on at the database.
    return from(this.#takeTurn(identity)).pipe(mergeMap((leave) => next.handle().pipe(finalize(leave))));
  }

  /** Gives the place to the next one when called. @throws ApiProblem where too many wait already */
  async #takeTurn({ actor }: Identity): Promise<() => void> {
    const who = `${actor.kind} ${actor.name}`;
    const line = this.#lines.get(who) ?? { atWork: 0, waiting: [] };
    this.#lines.set(who, line);
    if (line.atWork < MOST_AT_ONCE) line.atWork++;
    else if (line.waiting.length < MOST_WAITING)
      await new Promise<void>((resolve) => void line.waiting.push(resolve));
    else
      throw new ApiProblem(
        'too_many_requests',
        `${actor.name} has ${MOST_WAITING} requests waiting for their turn at the database already.`,
        undefined,
        RETRY_AFTER_S,
      );
    return () => {
      const next = line.waiting.shift();
      if (next) return next();
      line.atWork--;
      if (line.atWork === 0) this.#lines.delete(who);
    };
  }
}

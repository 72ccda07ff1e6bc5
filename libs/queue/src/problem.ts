/** What an operator may want to see in the log. Nothing is lost by any of them: the sweep rings again. */
export class QueueProblem extends Error {
  readonly kind: 'connection' | 'forged_doorbell' | 'handler_failed' | 'lock_lost' | 'volatile_redis';

  constructor(kind: QueueProblem['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'QueueProblem';
    this.kind = kind;
  }
}

/** Something an operator may want to see in the log; nothing is lost by any of them, the sweep rings again. */
export interface QueueProblem {
  kind: 'connection' | 'forged_doorbell' | 'handler_failed' | 'lock_lost' | 'volatile_redis';
  detail: string;
  cause?: unknown;
}

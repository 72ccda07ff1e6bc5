/** The command or the configuration is wrong: exit 2. The message says in one line what and where. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command was understood and the work failed: exit 1. The message may be empty when all was printed. */
export class WorkFailed extends Error {
  override name = 'WorkFailed';
}

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

import type { Run } from '#contract';

type Callback = NonNullable<Run['callback']>;

const PROBLEMS: Readonly<Record<NonNullable<Callback['lastError']>, string>> = {
  refused_by_policy: 'this installation does not let messages go there',
  unreachable: 'it cannot be reached',
  answered: 'it answered with an error',
  secret: 'the secret that signs the message cannot be read',
  run_gone: 'the run was deleted meanwhile',
};

/** Whether the receiver knows how the run has ended. */
export function callbackSays({ host, state, attempts, lastStatus, lastError }: Callback): string {
  const because = lastError === null ? '' : `: ${PROBLEMS[lastError] ?? lastError}`;
  const status = lastStatus === null ? '' : ` (status ${lastStatus})`;
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  switch (state) {
    case 'waiting':
      return `${host} is told when the run has ended.`;
    case 'due':
      return attempts === 0
        ? `${host} is being told.`
        : `${host} was not told yet, after ${tries}${because}${status}. It is tried again.`;
    case 'delivered':
      return `${host} was told${status}.`;
    case 'given_up':
      return `${host} was not told, and nobody tries again after ${tries}${because}${status}.`;
  }
}

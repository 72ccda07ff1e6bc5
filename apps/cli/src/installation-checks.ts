import { findLastCertificates, readWorkFigures, type Store, type WorkFigures } from '#store';
import type { Health } from '#telemetry';

/** A minute is what a tick, a sweep and a lease are allowed to take together. */
const LATE_SCHEDULE_S = 60;
const LEFT_LEASE_S = 60;
const OLD_QUEUE_S = 300;
const LATE_CALLBACK_S = 300;
const EXPIRING_DAYS = 14;
const DAY_MS = 86_400_000;
/** Several checks of one report are one look, and so are several probes of an orchestrator. */
const FRESH_MS = 5_000;
const MOST_NAMED = 5;

/**
 * What is wrong with the installation rather than with this process: people have to hear of it, but no other process would
 * be better, so none of it keeps work away.
 */
export function addInstallationChecks(health: Health, store: Store): void {
  const figures = keptFresh(() => readWorkFigures(store.db));
  const add = (name: string, judge: (figures: WorkFigures) => string | undefined) =>
    health.add(name, async () => judge(await figures()), { advisory: true });
  add('schedules', ({ scheduleLateSeconds: late }) =>
    late > LATE_SCHEDULE_S
      ? `a schedule is due for ${seconds(late)} and has not fired; is a scheduler running?`
      : undefined,
  );
  add('runs', ({ queueAgeSeconds: age }) =>
    age > OLD_QUEUE_S
      ? `the oldest run waits for ${seconds(age)}; is a worker running that may take it?`
      : undefined,
  );
  add('leases', ({ leases }) =>
    leases.expiredSeconds > LEFT_LEASE_S
      ? `${leases.expired} transfers were left by their workers, the first ${seconds(leases.expiredSeconds)} ago, and nobody has taken them over`
      : undefined,
  );
  add('callbacks', ({ callbacks: { due, lateSeconds: late } }) =>
    late > LATE_CALLBACK_S
      ? `${due} ends of runs are to be told, and nobody has taken up the first of them for ${seconds(late)}; is a worker running?`
      : undefined,
  );
  // In a worker, what it knows itself takes the place of this one.
  add('keys', ({ openIncidents }) =>
    openIncidents['keys_unavailable']
      ? 'the keys that open secrets are away, and what needs a secret waits; `waybill incidents` says more'
      : undefined,
  );
  const certificates = keptFresh(() => findLastCertificates(store.db));
  health.add('certificates', async () => sentenceOn(await certificates(), Date.now()), { advisory: true });
}

function sentenceOn(
  certificates: Awaited<ReturnType<typeof findLastCertificates>>,
  nowMs: number,
): string | undefined {
  const soon = certificates
    .map(({ endpoint, notAfter }) => ({ endpoint, days: (Date.parse(notAfter) - nowMs) / DAY_MS }))
    .filter(({ days }) => days < EXPIRING_DAYS)
    .sort((one, other) => one.days - other.days);
  if (soon.length === 0) return undefined;
  const named = soon
    .slice(0, MOST_NAMED)
    .map(({ endpoint, days }) =>
      days < 0 ? `${endpoint} (expired)` : `${endpoint} (${Math.floor(days)} days left)`,
    );
  const others = soon.length > named.length ? ` and ${soon.length - named.length} more` : '';
  return `certificates that expire soon: ${named.join(', ')}${others}`;
}

function seconds(value: number): string {
  return `${Math.round(value)} s`;
}

function keptFresh<T>(read: () => Promise<T>): () => Promise<T> {
  let kept: { value: Promise<T>; atMs: number } | undefined;
  return () => {
    if (kept && performance.now() - kept.atMs < FRESH_MS) return kept.value;
    const value = read();
    kept = { value, atMs: performance.now() };
    // What failed is asked again.
    value.catch(() => {
      kept = undefined;
    });
    return value;
  };
}

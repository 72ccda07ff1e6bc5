import { Counter, Gauge, type Registry } from 'prom-client';

/** What the database knows of the whole installation, whichever process did the work. */
export interface InstallationFigures {
  /** Runs that are queued, running or held. */
  runs: Readonly<Record<string, number>>;
  waitingTransfers: number;
  /** Of the oldest run that could have begun and has not; 0 without one. */
  queueAgeSeconds: number;
  leases: { live: number; expired: number; oldestSeconds: number; expiredSeconds: number };
  /** Ends of runs that are to be told, and how long the oldest of these runs has been over. */
  callbacks: { due: number; oldestSeconds: number };
  /** Runs that are put off because the keys of their secrets are away. */
  runsWaitingForKeys: number;
  openIncidents: Readonly<Record<string, number>>;
  /** By how much the most overdue schedule is late. */
  scheduleLateSeconds: number;
  certificates: readonly { endpoint: string; daysLeft: number }[];
}

/** What was added to the audit since the last look. */
export interface InstallationCounts {
  runs: Readonly<Record<string, number>>;
  transfers: Readonly<Record<string, number>>;
  deliveredBytes: number;
  /** `delivered`, `given_up`, and `failed` tries. */
  callbacks: Readonly<Record<string, number>>;
  handshakeFailures: Readonly<Record<string, number>>;
}

/**
 * Figures of the installation as a whole. Each api process shows the same gauges (take their maximum, not their sum); its
 * counters begin at zero with it and count what the audit says since.
 */
export class InstallationMetrics {
  readonly #databaseUp: Gauge;
  readonly #gauges: ReturnType<typeof makeGauges>;
  readonly #counters: ReturnType<typeof makeCounters>;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge: MakeGauge = (name, help, labelNames = []) =>
      new Gauge({ name, help, labelNames, registers });
    this.#databaseUp = gauge('waybill_database_up', 'Whether the database answers (1) or not (0)');
    this.#gauges = makeGauges(gauge);
    this.#counters = makeCounters(
      (name, help, labelNames = []) => new Counter({ name, help, labelNames, registers }),
    );
  }

  show(figures: InstallationFigures): void {
    const gauges = this.#gauges;
    this.#databaseUp.set(1);
    showAll(gauges.runs, 'state', figures.runs);
    showAll(gauges.openIncidents, 'kind', figures.openIncidents);
    gauges.waitingTransfers.set(figures.waitingTransfers);
    gauges.queueAge.set(figures.queueAgeSeconds);
    gauges.leases.set(figures.leases.live);
    gauges.leasesExpired.set(figures.leases.expired);
    gauges.leaseAge.set(figures.leases.oldestSeconds);
    gauges.leaseExpiredAge.set(figures.leases.expiredSeconds);
    gauges.callbacksDue.set(figures.callbacks.due);
    gauges.callbackAge.set(figures.callbacks.oldestSeconds);
    gauges.runsWaitingForKeys.set(figures.runsWaitingForKeys);
    gauges.scheduleLate.set(figures.scheduleLateSeconds);
    gauges.certificateDaysLeft.reset();
    for (const { endpoint, daysLeft } of figures.certificates)
      gauges.certificateDaysLeft.set({ endpoint }, daysLeft);
  }

  count(counts: InstallationCounts): void {
    const counters = this.#counters;
    for (const [state, count] of Object.entries(counts.runs)) counters.runs.inc({ state }, count);
    for (const [state, count] of Object.entries(counts.transfers)) counters.transfers.inc({ state }, count);
    for (const [error, count] of Object.entries(counts.handshakeFailures))
      counters.handshakeFailures.inc({ error }, count);
    for (const [outcome, count] of Object.entries(counts.callbacks))
      counters.callbacks.inc({ outcome }, count);
    counters.deliveredBytes.inc(counts.deliveredBytes);
  }

  /** Old figures would look like new ones: without the database there are none. */
  showDatabaseAway(): void {
    this.#databaseUp.set(0);
    for (const gauge of Object.values(this.#gauges)) gauge.reset();
  }
}

function showAll(gauge: Gauge, label: string, values: Readonly<Record<string, number>>): void {
  gauge.reset();
  for (const [name, value] of Object.entries(values)) gauge.set({ [label]: name }, value);
}

type MakeGauge = (name: string, help: string, labelNames?: string[]) => Gauge;
type MakeCounter = (name: string, help: string, labelNames?: string[]) => Counter;

function makeGauges(gauge: MakeGauge) {
  return {
    runs: gauge('waybill_runs', 'Runs that are queued, running or held', ['state']),
    waitingTransfers: gauge(
      'waybill_transfers_waiting',
      'Files that wait for a lane, or for their next attempt',
    ),
    queueAge: gauge(
      'waybill_queue_age_seconds',
      'How long the oldest run waits that could have begun; 0 when none waits',
    ),
    leases: gauge('waybill_leases', 'Transfers that are in the hands of a worker'),
    leasesExpired: gauge(
      'waybill_leases_expired',
      'Transfers whose worker is silent and that nobody has taken over',
    ),
    leaseAge: gauge('waybill_lease_age_seconds', 'How long the longest attempt under way has been going on'),
    leaseExpiredAge: gauge(
      'waybill_lease_expired_seconds',
      'How long ago the first of the expired leases ran out',
    ),
    callbacksDue: gauge('waybill_callbacks_due', 'Runs that are over and whose end is still to be told'),
    callbackAge: gauge(
      'waybill_callback_age_seconds',
      'How long the oldest of them has been over; 0 when all is told',
    ),
    runsWaitingForKeys: gauge(
      'waybill_runs_waiting_for_keys',
      'Runs that are put off because the keys of their secrets are away',
    ),
    openIncidents: gauge('waybill_incidents_open', 'Incidents that are not resolved', ['kind']),
    scheduleLate: gauge(
      'waybill_schedule_late_seconds',
      'By how much the most overdue schedule is late: a scheduler that stands still',
    ),
    certificateDaysLeft: gauge(
      'waybill_certificate_days_left',
      'Days until the certificate expires that an endpoint showed last',
      ['endpoint'],
    ),
  };
}

function makeCounters(counter: MakeCounter) {
  return {
    runs: counter('waybill_runs_total', 'Runs that have finished, by how', ['state']),
    transfers: counter('waybill_transfers_total', 'Transfers that have settled, by how', ['state']),
    callbacks: counter(
      'waybill_callbacks_total',
      'Ends of runs that were told, or given up, and tries that failed',
      ['outcome'],
    ),
    deliveredBytes: counter('waybill_delivered_bytes_total', 'Bytes of delivered files'),
    handshakeFailures: counter(
      'waybill_tls_handshake_failures_total',
      'TLS handshakes that were refused, by why',
      ['error'],
    ),
  };
}

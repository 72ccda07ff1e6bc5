import { ERROR_TABLE, isFinishedRun, RUN_STATES, SETTLED_TRANSFER_STATES } from '#domain';
import {
  type ActionCount,
  countEvents,
  type EventPosition,
  findLastCertificates,
  newestPosition,
  readWorkFigures,
  type Store,
} from '#store';
import { InstallationMetrics, type Logger, type Metrics } from '#telemetry';

/** Two monitoring systems that ask at once are one look. */
const FRESH_MS = 5_000;
/** Certificates change by the month, and looking for them costs more. */
const CERTIFICATES_FRESH_MS = 60_000;
const DAY_MS = 86_400_000;

const ENDS_OF_RUNS = RUN_STATES.filter(isFinishedRun).map((state) => `run.${state}`);
const ENDS_OF_TRANSFERS = [...SETTLED_TRANSFER_STATES, 'quarantined'].map((state) => `transfer.${state}`);
const REFUSED = 'tls_negotiation.refused';
const CALLBACK = 'run.callback_';
const TELLING = ['delivered', 'failed', 'given_up'].map((outcome) => `${CALLBACK}${outcome}`);

/** Keeps the figures of the installation as fresh as somebody asks for them; nobody asks, nothing is read. */
export class InstallationReader {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #metrics: InstallationMetrics;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #certificates: { endpoint: string; daysLeft: number }[] = [];
  #certificatesAtMs = Number.NEGATIVE_INFINITY;
  /** Counted up to here. */
  #counted: EventPosition | undefined;
  #reading: Promise<void> | undefined;

  constructor(store: Store, metrics: Metrics, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#metrics = new InstallationMetrics(metrics.registry);
  }

  /** Never rejects: a monitoring system has to hear also that the database is away. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < FRESH_MS) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    try {
      await this.#count();
      const figures = await readWorkFigures(this.#store.db);
      this.#metrics.show({ ...figures, certificates: await this.#readCertificates() });
      this.#readAtMs = performance.now();
    } catch (error) {
      this.#metrics.showDatabaseAway();
      this.#log.warn({ err: error }, 'the figures of the installation could not be read');
    }
  }

  async #count(): Promise<void> {
    const upTo = await newestPosition(this.#store.db);
    if (this.#counted) {
      const actions = [...ENDS_OF_RUNS, ...ENDS_OF_TRANSFERS, ...TELLING, REFUSED];
      this.#metrics.count(countsOf(await countEvents(this.#store.db, this.#counted, upTo, actions)));
    }
    this.#counted = upTo;
  }

  async #readCertificates(): Promise<{ endpoint: string; daysLeft: number }[]> {
    if (performance.now() - this.#certificatesAtMs >= CERTIFICATES_FRESH_MS) {
      const [now, found] = await Promise.all([this.#store.now(), findLastCertificates(this.#store.db)]);
      this.#certificates = found.flatMap(({ endpoint, notAfter }) => {
        const daysLeft = (Date.parse(notAfter) - now.getTime()) / DAY_MS;
        return Number.isFinite(daysLeft) ? [{ endpoint, daysLeft }] : [];
      });
      this.#certificatesAtMs = performance.now();
    }
    return this.#certificates;
  }
}

function countsOf(rows: readonly ActionCount[]) {
  const [runs, transfers, callbacks, handshakeFailures]: Record<string, number>[] = [{}, {}, {}, {}];
  let deliveredBytes = 0;
  const add = (to: Record<string, number> | undefined, key: string, count: number) => {
    to![key] = (to![key] ?? 0) + count;
  };
  for (const { action, error, count, bytes } of rows) {
    const [noun, verb = ''] = action.split('.');
    if (action === REFUSED) add(handshakeFailures, errorLabel(error), count);
    else if (action.startsWith(CALLBACK)) add(callbacks, action.slice(CALLBACK.length), count);
    else if (noun === 'run') add(runs, verb, count);
    else add(transfers, verb === 'quarantined' ? 'held' : verb, count);
    if (action === 'transfer.delivered') deliveredBytes += Number(bytes);
  }
  return {
    runs: runs!,
    transfers: transfers!,
    callbacks: callbacks!,
    handshakeFailures: handshakeFailures!,
    deliveredBytes,
  };
}

/** One of the closed table: a label is no place for what a partner's server says. */
function errorLabel(code: string | null): string {
  return code !== null && Object.hasOwn(ERROR_TABLE, code) ? code : 'internal';
}

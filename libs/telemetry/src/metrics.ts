import { AggregatorRegistry, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** From a rename on a local disk to an hour-long stream. */
const PHASE_BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300, 1_800, 7_200];
const HANDSHAKE_BUCKETS = [0.002, 0.01, 0.05, 0.2, 1, 5, 30];
const TLS_VERSIONS: ReadonlySet<string> = new Set(['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']);

/** What a process has counted, as data that another process may show. */
export type MetricsSnapshot = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

interface Handshake {
  channel: 'control' | 'data';
  protocol: string | null;
  verdict: string;
  resumed: boolean;
  handshakeMs: number;
}

/**
 * One process's Prometheus registry; no global state, so that several processes fit into one. Every label is one of a few
 * words that Waybill itself has chosen: no name of a file, a partner or a caller. The one exception is the endpoint of a
 * certificate, of which there are at most `MOST_ENDPOINTS`.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #registers = [this.registry];
  readonly #others: (() => Promise<MetricsSnapshot | undefined>)[] = [];

  readonly requests = new Counter({
    name: 'waybill_api_requests_total',
    help: 'Answered API requests',
    labelNames: ['method', 'status'],
    registers: this.#registers,
  });
  readonly eventStreams = new Gauge({
    name: 'waybill_event_streams',
    help: 'Open streams of server-sent events',
    registers: this.#registers,
  });
  readonly eventStreamsEnded = new Counter({
    name: 'waybill_event_streams_ended_total',
    help: 'Streams of server-sent events that have ended, by the reason',
    labelNames: ['reason'],
    registers: this.#registers,
  });

  readonly attempts = new Counter({
    name: 'waybill_attempts_total',
    help: 'Attempts of this worker that have ended',
    labelNames: ['outcome'],
    registers: this.#registers,
  });
  readonly movedBytes = new Counter({
    name: 'waybill_moved_bytes_total',
    help: 'Bytes of files that this worker has delivered',
    registers: this.#registers,
  });
  readonly phaseSeconds = new Histogram({
    name: 'waybill_phase_seconds',
    help: 'How long each phase of a transfer takes; list is the listing of a run',
    labelNames: ['phase'],
    buckets: PHASE_BUCKETS,
    registers: this.#registers,
  });
  readonly lanes = new Gauge({
    name: 'waybill_lanes',
    help: 'Lanes that this worker runs at this moment',
    registers: this.#registers,
  });
  readonly keysAway = new Gauge({
    name: 'waybill_keys_away',
    help: 'Whether this worker misses the keys that open secrets (1) or has them (0)',
    registers: this.#registers,
  });
  readonly #handshakes = new Counter({
    name: 'waybill_tls_handshakes_total',
    help: 'TLS handshakes of this worker with partners, successful or refused, and connections without TLS',
    labelNames: ['channel', 'protocol', 'verdict', 'resumed'],
    registers: this.#registers,
  });
  readonly #handshakeSeconds = new Histogram({
    name: 'waybill_tls_handshake_seconds',
    help: 'How long handshakes take that were accepted',
    labelNames: ['channel'],
    buckets: HANDSHAKE_BUCKETS,
    registers: this.#registers,
  });

  readonly ticks = new Counter({
    name: 'waybill_ticks_total',
    help: 'Ticks of this scheduler that came to their end',
    registers: this.#registers,
  });
  readonly doorbells = new Counter({
    name: 'waybill_doorbells_total',
    help: 'Doorbells rung, and those the queue did not take',
    labelNames: ['outcome'],
    registers: this.#registers,
  });

  readonly thrownAway = new Counter({
    name: 'waybill_thrown_away_total',
    help: 'Rows that this scheduler has thrown away because they were kept long enough',
    labelNames: ['what'],
    registers: this.#registers,
  });

  countHandshake({ channel, protocol, verdict, resumed, handshakeMs }: Handshake): void {
    const version = protocol === null ? 'none' : TLS_VERSIONS.has(protocol) ? protocol : 'other';
    this.#handshakes.inc({ channel, protocol: version, verdict, resumed: String(resumed) });
    if (verdict === 'accepted') this.#handshakeSeconds.observe({ channel }, handshakeMs / 1_000);
  }

  /** One clock for one transfer: what it enters ends what it was in. */
  startPhases<Phase extends string>(onEnd?: PhaseEnd<Phase>): PhaseClock<Phase> {
    return new PhaseClock(this.phaseSeconds, onEnd);
  }

  snapshot(): Promise<MetricsSnapshot> {
    return this.registry.getMetricsAsJSON();
  }

  /** Adds what another process of ours has counted; undefined while it cannot say. */
  showAlso(read: () => Promise<MetricsSnapshot | undefined>): void {
    this.#others.push(read);
  }

  /** Prometheus text exposition. */
  async render(): Promise<string> {
    if (this.#others.length === 0) return this.registry.metrics();
    const others = await Promise.all(this.#others.map((read) => read()));
    const said = others.filter((snapshot) => snapshot !== undefined);
    return AggregatorRegistry.aggregate([await this.snapshot(), ...said]).metrics();
  }
}

/** Moments are of `performance.now()`. */
export type PhaseEnd<Phase> = (phase: Phase, startedAtMs: number, endedAtMs: number) => void;

export class PhaseClock<Phase extends string> {
  readonly #seconds: Histogram<'phase'>;
  readonly #onEnd: PhaseEnd<Phase> | undefined;
  #phase: Phase | undefined;
  #sinceMs = 0;

  constructor(seconds: Histogram<'phase'>, onEnd?: PhaseEnd<Phase>) {
    this.#seconds = seconds;
    this.#onEnd = onEnd;
  }

  enter(phase: Phase): void {
    if (phase === this.#phase) return;
    this.end();
    this.#phase = phase;
    this.#sinceMs = performance.now();
  }

  end(): void {
    if (this.#phase !== undefined) {
      const now = performance.now();
      this.#seconds.observe({ phase: this.#phase }, (now - this.#sinceMs) / 1_000);
      this.#onEnd?.(this.#phase, this.#sinceMs, now);
    }
    this.#phase = undefined;
  }
}

/** What a span says about its work; never a path, a host or anything a partner chose. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  attributes?: SpanAttributes;
  /**
   * The span belongs to the trace of this run, whichever process makes it: the run's id is the id of the trace, so nothing
   * has to be handed from process to process.
   */
  runId?: string;
}

export interface Tracer {
  /** One span for as long as `act` takes; spans within are its children. What it throws goes through. */
  span<T>(name: string, options: SpanOptions, act: () => Promise<T>): Promise<T>;
  /** A child of the span under way that is over already; moments are of `performance.now()`. */
  past(name: string, startedAtMs: number, endedAtMs: number): void;
  /** Adds to the span under way. */
  annotate(attributes: SpanAttributes): void;
  /** Sends what has not been sent, for two seconds at most. */
  close(): Promise<void>;
}

export const NO_TRACES: Tracer = {
  span: (_, __, act) => act(),
  past: () => undefined,
  annotate: () => undefined,
  close: async () => undefined,
};

/** OpenTelemetry is loaded here and nowhere else: an installation without traces has nothing of it in its memory. */
export async function openTracer(options: {
  /** Base address of a collector, OTLP over HTTP: `http://collector:4318` */
  url: string | undefined;
  /** `waybill-worker` */
  service: string;
  /** The process among those of its kind. */
  instance: string;
}): Promise<Tracer> {
  const { url, service, instance } = options;
  if (url === undefined) return NO_TRACES;
  const { startOtlpTracer } = await import('./otlp-tracer.ts');
  return startOtlpTracer({ url, service, instance });
}

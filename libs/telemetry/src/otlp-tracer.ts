import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { SpanAttributes, Tracer } from './tracer.ts';
import { bindWork } from './work.ts';

const SEND_EVERY_MS = 2_000;
const SEND_DEADLINE_MS = 5_000;
const CLOSE_DEADLINE_MS = 2_000;

interface OpenSpan {
  span: Span;
  context: Context;
}

/** A provider of its own, not OpenTelemetry's global one: several processes fit into one. */
export function startOtlpTracer(options: { url: string; service: string; instance: string }): Tracer {
  const { url, service, instance } = options;
  const exporter = new OTLPTraceExporter({
    url: `${url.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: SEND_DEADLINE_MS,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: SEND_EVERY_MS })],
  });
  const tracer = provider.getTracer('waybill');
  const open = new AsyncLocalStorage<OpenSpan>();

  return {
    span(name, { attributes = {}, runId }, act) {
      const within = runId === undefined ? open.getStore()?.context : contextOfRun(runId);
      const parent = within ?? ROOT_CONTEXT;
      const span = tracer.startSpan(name, { attributes }, parent);
      const context = trace.setSpan(parent, span);
      const { traceId } = span.spanContext();
      return open.run({ span, context }, () => bindWork({ traceId }, () => ended(span, act)));
    },
    past(name, startedAtMs, endedAtMs) {
      const context = open.getStore()?.context;
      if (!context) return;
      const startTime = performance.timeOrigin + startedAtMs;
      tracer.startSpan(name, { startTime }, context).end(performance.timeOrigin + endedAtMs);
    },
    annotate(attributes: SpanAttributes) {
      open.getStore()?.span.setAttributes(attributes);
    },
    async close() {
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const deadline = setTimeout(resolve, CLOSE_DEADLINE_MS);
      // A collector that is away is no reason to stay.
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
      clearTimeout(deadline);
    },
  };
}

async function ended<T>(span: Span, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // Its code and not its words, which may quote a partner or a path.
    span.setAttribute('error.type', codeOf(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function codeOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown';
}

/** Both have 128 bits. The span that all others of the run hang on is never sent: its number is made of the run's as well. */
function contextOfRun(runId: string): Context {
  const traceId = runId.replaceAll('-', '');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId: traceId.slice(0, 16),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });
}

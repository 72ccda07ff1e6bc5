export { Health, type HealthCheck, type HealthReport } from './health.ts';
export {
  type InstallationCounts,
  type InstallationFigures,
  InstallationMetrics,
} from './installation-metrics.ts';
export { createLogger, type Logger, type LogOptions } from './logger.ts';
export { Metrics, type MetricsSnapshot, PhaseClock, type PhaseEnd } from './metrics.ts';
export { serveTelemetry, type TelemetryServer } from './serve-telemetry.ts';
export { NO_TRACES, openTracer, type SpanAttributes, type Tracer } from './tracer.ts';
export { bindWork, type Work } from './work.ts';

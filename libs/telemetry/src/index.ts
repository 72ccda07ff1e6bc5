export { Health, type HealthCheck, type HealthReport } from './health.ts';
export { createLogger, type Logger, type LogOptions } from './logger.ts';
export { Metrics } from './metrics.ts';

import { Counter, Registry } from 'prom-client';

/** One process's Prometheus registry; no global state, so that several processes fit into one. */
export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Counter({
    name: 'waybill_api_requests_total',
    help: 'Answered API requests',
    labelNames: ['method', 'status'],
    registers: [this.registry],
  });

  /** Prometheus text exposition. */
  render(): Promise<string> {
    return this.registry.metrics();
  }
}

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
  readonly runs = new Counter({
    name: 'waybill_runs_total',
    help: 'Runs that have finished',
    labelNames: ['state'],
    registers: [this.registry],
  });
  readonly transfers = new Counter({
    name: 'waybill_transfers_total',
    help: 'Transfers that have settled',
    labelNames: ['state'],
    registers: [this.registry],
  });
  readonly deliveredBytes = new Counter({
    name: 'waybill_delivered_bytes_total',
    help: 'Bytes of delivered files',
    registers: [this.registry],
  });
  readonly tlsHandshakes = new Counter({
    name: 'waybill_tls_handshakes_total',
    help: 'TLS handshakes with partners, successful or refused',
    labelNames: ['channel', 'protocol', 'verdict'],
    registers: [this.registry],
  });
  readonly doorbells = new Counter({
    name: 'waybill_doorbells_total',
    help: 'Doorbells rung, and those the queue did not take',
    labelNames: ['outcome'],
    registers: [this.registry],
  });

  /** Prometheus text exposition. */
  render(): Promise<string> {
    return this.registry.metrics();
  }
}

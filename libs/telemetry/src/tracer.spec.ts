import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '#config';
import { createLogger } from './logger.ts';
import { NO_TRACES, openTracer } from './tracer.ts';

interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  attributes: { key: string; value: { stringValue?: string } }[];
  status: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

const RUN = '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11';

let collector: Server;
let url: string;
const sent: string[] = [];

beforeAll(async () => {
  collector = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      expect(request.url).toBe('/v1/traces');
      sent.push(Buffer.concat(parts).toString());
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
});
afterAll(() => void collector.close());

/** All spans of one process, in the order in which they ended. */
async function spansOf(act: (tracer: Awaited<ReturnType<typeof openTracer>>) => Promise<unknown>) {
  sent.length = 0;
  const tracer = await openTracer({ url: `${url}/`, service: 'waybill-worker', instance: 'w1' });
  await act(tracer);
  await tracer.close();
  const bodies = sent.map(
    (body) => JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: SentSpan[] }[] }[] },
  );
  return bodies.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  );
}

describe('traces', () => {
  it('of one run are one trace, whose id is the run’s, whichever process made them', async () => {
    const lines: string[] = [];
    const log = createLogger({ level: 'info', format: 'json', write: (line) => lines.push(line) });
    const spans = await spansOf(async (tracer) => {
      await tracer.span('lane', { runId: RUN }, () =>
        tracer.span('transfer', { attributes: { 'waybill.attempt': 1 } }, async () => {
          log.info('within');
          tracer.past('stream', performance.now() - 50, performance.now());
          tracer.annotate({ 'waybill.outcome': 'delivered' });
        }),
      );
      await tracer.span('lane', { runId: RUN }, async () => undefined);
    });
    expect(spans.map(({ name }) => name)).toEqual(['stream', 'transfer', 'lane', 'lane']);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([RUN.replaceAll('-', '')]));
    const [stream, transfer, lane] = spans;
    expect([stream!.parentSpanId, transfer!.parentSpanId]).toEqual([transfer!.spanId, lane!.spanId]);
    expect(Number(BigInt(stream!.endTimeUnixNano) - BigInt(stream!.startTimeUnixNano)) / 1e6).toBeCloseTo(
      50,
      0,
    );
    expect(JSON.stringify(transfer!.attributes)).toContain('delivered');
    expect(JSON.parse(lines[0]!)).toMatchObject({ traceId: RUN.replaceAll('-', '') });
    expect(sent.join()).toContain('waybill-worker');
  });

  it('tell the code of a failure and not its words', async () => {
    const failure = Object.assign(new Error('530 PASS hunter2 is wrong'), { code: 'auth_rejected' });
    const spans = await spansOf(async (tracer) => {
      await expect(tracer.span('transfer', {}, () => Promise.reject(failure))).rejects.toBe(failure);
    });
    expect(spans[0]).toMatchObject({ status: { code: 2 } });
    expect(sent.join()).toContain('auth_rejected');
    expect(sent.join()).not.toContain('hunter2');
  });

  it('to a collector that is away harm nobody', async () => {
    const tracer = await openTracer({ url: 'http://127.0.0.1:9', service: 'waybill-worker', instance: 'w1' });
    expect(await tracer.span('lane', {}, async () => 42)).toBe(42);
    const began = performance.now();
    await tracer.close();
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('are nothing at all where nobody asked for them', async () => {
    const tracer = await openTracer({ url: undefined, service: 'waybill-worker', instance: 'w1' });
    expect(tracer).toBe(NO_TRACES);
    expect(await tracer.span('lane', { runId: RUN }, async () => 42)).toBe(42);
  });

  it.each([
    ['nowhere', undefined, false],
    ['to a collector', 'http://127.0.0.1:9', true],
  ])(
    'that go %s have the engine of OpenTelemetry loaded only where they go somewhere',
    async (_, to, loads) => {
      const script = `
      import { registerHooks } from 'node:module';
      const seen = [];
      registerHooks({
        resolve(specifier, context, next) {
          // Its small interface is loaded by prom-client in any case.
          if (/^@opentelemetry.(sdk|exporter)/.test(specifier)) seen.push(specifier);
          return next(specifier, context);
        },
      });
      const { openTracer } = await import('#telemetry');
      await openTracer({ url: ${JSON.stringify(to)}, service: 'x', instance: 'y' });
      console.log(seen.length > 0);
      process.exit();`;
      const args = ['--conditions=waybill-source', '--input-type=module', '--eval', script];
      const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: packageRoot() });
      expect(stdout.trim()).toBe(String(loads));
    },
  );
});

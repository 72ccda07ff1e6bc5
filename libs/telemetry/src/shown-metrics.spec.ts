import { expect, it } from 'vitest';
import { Metrics } from './metrics.ts';

/** As it travels from one process to another. */
const sent = async (metrics: Metrics) => JSON.parse(JSON.stringify(await metrics.snapshot()));

const sample = (text: string, name: string) =>
  text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));

it('what another process has counted is added to our own, each series once', async () => {
  const [ours, others] = [new Metrics(), new Metrics()];
  ours.showAlso(() => sent(others));
  ours.requests.inc({ method: 'GET', status: '200' });
  for (const metrics of [ours, others]) metrics.lanes.inc();
  others.attempts.inc({ outcome: 'delivered' }, 3);
  others.phaseSeconds.observe({ phase: 'stream' }, 0.3);
  const text = await ours.render();
  expect(sample(text, 'waybill_api_requests_total')).toEqual([
    'waybill_api_requests_total{method="GET",status="200"} 1',
  ]);
  expect(sample(text, 'waybill_attempts_total')).toEqual(['waybill_attempts_total{outcome="delivered"} 3']);
  expect(sample(text, 'waybill_lanes')).toEqual(['waybill_lanes 2']);
  expect(text).toContain('waybill_phase_seconds_bucket{le="0.5",phase="stream"} 1');
  expect(text).toContain('waybill_phase_seconds_bucket{le="+Inf",phase="stream"} 1');
  expect(text).toContain('waybill_phase_seconds_sum{phase="stream"} 0.3');
  expect(text.match(/^# TYPE waybill_lanes /gm)).toHaveLength(1);
});

it('another process that cannot say anything now leaves ours as they are', async () => {
  const [ours, alone] = [new Metrics(), new Metrics()];
  ours.showAlso(async () => undefined);
  for (const metrics of [ours, alone]) metrics.movedBytes.inc(42);
  const lines = (text: string) => text.split('\n').sort();
  expect(lines(await ours.render())).toEqual(lines(await alone.render()));
});

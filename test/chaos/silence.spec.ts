import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithDocker } from '../servers/support/index.ts';
import type { Fault } from './support/fault-proxy.ts';
import { FaultyNetworks } from './support/network.ts';

const FILE_BYTES = 4_000_000;
/** The longest wait of the engine is that for the reply which ends a transfer, 120 s (libs/ftps, deadlines). */
const BOUND_MS = 200_000;
const ONE_TRY = { retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } };

interface Case {
  name: string;
  fault(controlBytes: number): Fault;
  /** Over a network that stays as it is: what is recorded then. */
  failsWith?: readonly string[];
}

const dataAt = (share: number) => (): Fault => ({
  kind: 'half_open',
  connection: 'data',
  afterBytes: share * FILE_BYTES,
});
const controlAt =
  (share: number) =>
  (controlBytes: number): Fault => ({
    kind: 'half_open',
    connection: 'control',
    afterBytes: Math.floor(share * controlBytes),
  });
const CASES: readonly Case[] = [
  { name: 'data-silent-10', fault: dataAt(0.1) },
  { name: 'data-silent-90', fault: dataAt(0.9) },
  { name: 'control-silent-early', fault: controlAt(0.3) },
  { name: 'control-silent-late', fault: controlAt(0.85) },
  {
    name: 'data-silent-always',
    fault: () => ({ ...dataAt(0.5)(), times: 100 }),
    failsWith: ['transfer_interrupted', 'reply_timeout', 'connection_lost'],
  },
  {
    name: 'data-crawls',
    fault: () => ({ kind: 'slow', connection: 'data', afterBytes: 100_000, bytesPerSecond: 500, times: 100 }),
    failsWith: ['transfer_interrupted', 'reply_timeout', 'connection_lost'],
  },
];
const DIRECTIONS = ['pull', 'push'] as const;
const ALL = DIRECTIONS.flatMap((direction) => CASES.map((one) => ({ ...one, direction })));

describeWithDocker('D8: the network falls silent, and nobody is told', () => {
  let networks: FaultyNetworks;
  let ends: Map<string, Awaited<ReturnType<FaultyNetworks['run']>>>;
  const nameOf = ({ direction, name }: (typeof ALL)[number]) => `${direction}-${name}`;

  beforeAll(async () => {
    networks = await FaultyNetworks.open([...ALL.map(nameOf), ...DIRECTIONS], 2);
    for (const one of ALL)
      await networks.addRoute({
        name: nameOf(one),
        partner: nameOf(one),
        direction: one.direction,
        files: 1,
        sizeBytes: () => FILE_BYTES,
        disposition: 'delete',
        ...(one.failsWith && { expect: 'failed', changes: ONE_TRY }),
      });
    for (const direction of DIRECTIONS)
      await networks.addRoute({
        name: `${direction}-whole`,
        partner: direction,
        direction,
        files: 1,
        sizeBytes: () => FILE_BYTES,
        disposition: 'delete',
      });
    await networks.apply();
    const bytes = { pull: 0, push: 0 };
    for (const direction of DIRECTIONS)
      bytes[direction] = await networks.controlBytes(direction, `${direction}-whole`, BOUND_MS);
    // All of them wait at the same time.
    ends = new Map(
      await Promise.all(
        ALL.map(
          async (one) =>
            [
              nameOf(one),
              await networks.run(nameOf(one), nameOf(one), one.fault(bytes[one.direction]), BOUND_MS),
            ] as const,
        ),
      ),
    );
  });
  afterAll(() => networks?.close());

  it.each(ALL)('$direction, $name: ends in time', (one) => {
    const end = ends.get(nameOf(one))!;
    expect(end.struck).toBeGreaterThan(0);
    expect(end.state).toBe(one.failsWith ? 'failed' : 'delivered');
    if (one.failsWith) expect(one.failsWith).toContain(end.code);
  });

  it('the checker finds nothing wrong with all of them', async () => {
    console.log(
      [...ends]
        .map(([name, { tookMs, code }]) => `${name} ${Math.round(tookMs)} ms ${code ?? ''}`)
        .join('; '),
    );
    expect(networks.site.crew.deaths).toEqual([]);
    await networks.site.expectGoodEnd();
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWithDocker } from '../servers/support/index.ts';
import type { Fault } from './support/fault-proxy.ts';
import { FaultyNetworks } from './support/network.ts';

const FILE_BYTES = 1_000_000;
/** A session that breaks is replaced after a fraction of a second; waiting for an answer ends after 30 s. */
const BOUND_MS = 60_000;
const TENTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const BREAKS = ['cut', 'reset'] as const;

interface Case {
  name: string;
  fault(controlBytes: number): Fault;
}

const CASES: readonly Case[] = [
  ...BREAKS.flatMap((kind) =>
    TENTHS.map((tenth) => ({
      name: `data-${kind}-${tenth}0`,
      // Before the first tenth it is the listing's connection too that breaks.
      fault: () => ({ kind, connection: 'data' as const, afterBytes: (tenth * FILE_BYTES) / 10 }),
    })),
  ),
  ...BREAKS.flatMap((kind) =>
    TENTHS.map((tenth) => ({
      name: `control-${kind}-${tenth}0`,
      fault: (controlBytes: number) => ({
        kind,
        connection: 'control' as const,
        afterBytes: Math.floor((tenth * controlBytes) / 10),
      }),
    })),
  ),
  {
    name: 'control-sliced',
    fault: () => ({ kind: 'sliced', connection: 'control', afterBytes: 0, times: 100 }),
  },
  {
    name: 'data-slow',
    fault: () => ({ kind: 'slow', connection: 'data', afterBytes: 0, bytesPerSecond: 400_000, times: 100 }),
  },
];

describeWithDocker('D8: the network breaks in the middle of a file', () => {
  let networks: FaultyNetworks;
  const controlBytes = new Map<string, number>();

  beforeAll(async () => {
    networks = await FaultyNetworks.open(['pull', 'push']);
    for (const direction of ['pull', 'push'] as const)
      for (const name of ['whole', ...CASES.map((one) => one.name)])
        await networks.addRoute({
          name: `${direction}-${name}`,
          partner: direction,
          direction,
          files: 1,
          sizeBytes: () => FILE_BYTES,
          disposition: 'delete',
        });
    await networks.apply();
    for (const direction of ['pull', 'push'])
      controlBytes.set(direction, await networks.controlBytes(direction, `${direction}-whole`, BOUND_MS));
  });
  afterAll(() => networks?.close());

  describe.each(['pull', 'push'])('%s', (direction) => {
    it.each(CASES)('$name ends in one verified delivery', async ({ name, fault }) => {
      const end = await networks.run(
        direction,
        `${direction}-${name}`,
        fault(controlBytes.get(direction)!),
        BOUND_MS,
      );
      expect(end).toMatchObject({ state: 'delivered', code: null });
      expect(end.struck).toBeGreaterThan(0);
    });
  });

  it('the checker finds nothing wrong with all of them', async () => {
    expect(networks.site.crew.deaths).toEqual([]);
    await networks.site.expectGoodEnd();
  });
});

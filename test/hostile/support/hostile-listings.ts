import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Faults, PartnerSim } from '#apps/partner-sim';
import { MLST, without } from './scripts.ts';

/** The truth about the folder, and these rows after it. */
export const listing =
  (...rows: (string | Buffer)[]) =>
  (sim: PartnerSim): Faults => ({
    content: ({ verb, argument }) =>
      verb === 'MLSD' && argument.startsWith('/out')
        ? [...truth(sim), ...rows.flatMap((row) => [row, '\r\n'])]
        : undefined,
  });

/** MLSD rows of what is in `/out`. */
export function truth(sim: PartnerSim): string[] {
  const folder = join(sim.root, 'out');
  return readdirSync(folder)
    .filter((name) => statSync(join(folder, name)).isFile())
    .map((name) => `${facts(statSync(join(folder, name)))} ${name}\r\n`);
}

function facts({ size, mtime }: { size: number; mtime: Date }): string {
  return `type=file;size=${size};modify=${mtime.toISOString().replace(/[-:TZ]/g, '')};`;
}

export const aFile = 'type=file;size=5;modify=20261121060000; ';

/** A server without MLSD whose LIST tells the truth, and these rows after it. */
export function unixList(rows: string[]): (sim: PartnerSim) => Faults {
  return (sim) =>
    without(MLST, {
      content: ({ verb }) => {
        if (verb !== 'LIST') return undefined;
        const { size } = statSync(join(sim.root, 'out/a.csv'));
        const own = `-rw-r--r--   1 partner  partner  ${size} Nov 21 06:06 a.csv`;
        return [own, ...rows].map((row) => `${row}\r\n`);
      },
    });
}

import { type Comparison, medianOf, type Sample } from './measure.ts';
import type { Row } from './rows.ts';

let lastRow: string | undefined;

/** One line: the ratio of neighbours, then what each side took. */
export function printRow(
  row: Row,
  {
    peer,
    median,
    least,
    most,
    mostRatio,
    ours,
    theirs,
  }: Comparison & {
    mostRatio: number;
    ours: Sample[];
    theirs: Sample[];
  },
): void {
  if (lastRow !== row.name) console.log(`\n${row.name}: ${row.work}`);
  lastRow = row.name;
  const verdict = median <= mostRatio ? 'ok  ' : 'MISS';
  const ratio = `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)}), at most ${mostRatio.toFixed(2)}`;
  console.log(
    `${verdict} ${peer.padEnd(26)} ${ratio.padEnd(38)} ours ${spent(ours)}; theirs ${spent(theirs)}`,
  );
}

function spent(samples: Sample[]): string {
  const of = (value: (sample: Sample) => number) => medianOf(samples.map(value)).toFixed(2);
  return `${of(({ wallSeconds }) => wallSeconds)} s, processor ${of(({ processorSeconds }) => processorSeconds)} s, with server ${of(({ machineSeconds }) => machineSeconds)} s`;
}

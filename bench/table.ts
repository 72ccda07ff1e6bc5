import { medianOf, type Ratio, type Sample } from './measure.ts';

export function printTitle(name: string, work: string): void {
  console.log(`\n${name}: ${work}`);
}

/** One line: the ratio of neighbours, then what each side took. */
export function printComparison(
  peer: string,
  { median, least, most }: Ratio,
  mostRatio: number,
  ours: readonly Sample[],
  theirs: readonly Sample[],
): void {
  const ratio = `${median.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
  const processor = `processor ${processorRatio(ours, theirs).toFixed(2)}`;
  printVerdict(median <= mostRatio, peer, `${ratio}, at most ${mostRatio.toFixed(2)}; ${processor}`);
  printSide('ours', ours);
  printSide('theirs', theirs);
}

/** Says what a busy machine hides in the time on the clock. */
function processorRatio(ours: readonly Sample[], theirs: readonly Sample[]): number {
  return medianOf(
    ours.map(({ processorSeconds }, index) => processorSeconds / theirs[index]!.processorSeconds),
  );
}

export function printVerdict(passed: boolean, what: string, says: string): void {
  console.log(`${passed ? 'ok  ' : 'MISS'} ${what.padEnd(26)} ${says}`);
}

export function printSide(side: string, samples: readonly Sample[]): void {
  const all = (value: (sample: Sample) => number | undefined) => {
    const values = samples.map(value).filter((each) => each !== undefined);
    return values.length < samples.length ? 'unknown' : `${medianOf(values).toFixed(2)} s`;
  };
  const both = ({ processorSeconds, serverSeconds }: Sample) =>
    serverSeconds === undefined ? undefined : processorSeconds + serverSeconds;
  const peak = Math.max(...samples.map(({ report }) => report['peakMebibytes'] ?? 0));
  console.log(
    [
      `       ${side.padEnd(6)} ${all(({ wallSeconds }) => wallSeconds)}`,
      `processor ${all(({ processorSeconds }) => processorSeconds)}`,
      `with server ${all(both)}`,
      ...(peak > 0 ? [`peak ${peak.toFixed(0)} MiB`] : []),
    ].join(', '),
  );
}

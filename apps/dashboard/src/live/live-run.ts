import type { RunProgressObject, UnderWayObject } from '#contract';

/** A file that is being moved just now. */
export interface LiveFile extends UnderWayObject {
  /** Over the last seconds; undefined until it was heard of twice. */
  bytesPerSecond: number | undefined;
}

/** How far a run has come, by the last that was told. */
export interface LiveRun extends Omit<RunProgressObject, 'underWay'> {
  underWay: LiveFile[];
  /** Of all files under way together. */
  bytesPerSecond: number | undefined;
}

/** How much of the last rate stays in the next: steps of a network are not shown as leaps. */
const INERTIA = 0.6;

/** The next picture of a run, with rates from the one before. */
export function nextLiveRun(before: LiveRun | undefined, told: RunProgressObject): LiveRun {
  const known = new Map(before?.underWay.map((file) => [file.transferId, file]));
  // A worker of another release may not tell of them.
  const underWay = (told.underWay ?? []).map((file) => ({
    ...file,
    bytesPerSecond: rateOf(known.get(file.transferId), file),
  }));
  const rates = underWay.flatMap(({ bytesPerSecond }) => bytesPerSecond ?? []);
  return {
    ...told,
    underWay,
    bytesPerSecond: rates.length === 0 ? undefined : rates.reduce((sum, rate) => sum + rate, 0),
  };
}

function rateOf(before: LiveFile | undefined, now: UnderWayObject): number | undefined {
  if (!before) return undefined;
  const milliseconds = Date.parse(now.at) - Date.parse(before.at);
  // The same picture once more, or another attempt that began anew.
  if (milliseconds <= 0 || now.streamedBytes < before.streamedBytes) return before.bytesPerSecond;
  const rate = ((now.streamedBytes - before.streamedBytes) * 1_000) / milliseconds;
  return before.bytesPerSecond === undefined ? rate : INERTIA * before.bytesPerSecond + (1 - INERTIA) * rate;
}

/** undefined where there is no telling: nothing moves, or too little is known. */
export function millisecondsLeft({ sizeBytes, streamedBytes, bytesPerSecond }: LiveFile): number | undefined {
  if (bytesPerSecond === undefined || bytesPerSecond < 1) return undefined;
  return ((sizeBytes - streamedBytes) * 1_000) / bytesPerSecond;
}

import { type LiveFile, millisecondsLeft } from '../live/live-run.ts';
import { showBytes, showDuration } from '../ui/amounts.ts';

/** `1.2 MiB of 6.0 MiB, 400 KiB/s, 12 s left`: rate and time only while bytes move. */
export function progressText(file: LiveFile): string {
  const { streamedBytes, sizeBytes, bytesPerSecond, phase } = file;
  const moves = phase === 'stream';
  const leftMs = moves ? millisecondsLeft(file) : undefined;
  return [
    `${showBytes(streamedBytes)} of ${showBytes(sizeBytes)}`,
    moves && bytesPerSecond !== undefined && `${showBytes(bytesPerSecond)}/s`,
    leftMs !== undefined && `${wholeSeconds(leftMs)} left`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** Tenths of a second would flicker, and promise what nobody knows. */
export function wholeSeconds(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000);
  return seconds < 10 ? `${seconds} s` : showDuration(seconds * 1_000);
}

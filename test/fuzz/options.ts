import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface FuzzOptions {
  seconds: number;
  seed: number;
  /** All of them where undefined. A replay has one: without `--target` that of the folder the file is in. */
  target: string | undefined;
  replay: string | undefined;
  keep: boolean;
}

export const USAGE = `npm run fuzz -- [--seconds N] [--target NAME] [--seed N] [--keep]
npm run fuzz -- --replay FILE [--target NAME]`;

/** A sentence where they make no sense. */
export function readOptions(args: readonly string[], names: readonly string[]): FuzzOptions | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { replay, keep } = values;
  const target = values.target ?? (replay && targetOf(replay, names));
  const [seconds, seed] = [Number(values.seconds), Number(values.seed ?? 1)];
  if (!(seconds > 0)) return `--seconds ${values.seconds} is no time`;
  if (!Number.isSafeInteger(seed) || seed < 0) return `--seed ${values.seed} is not a whole number`;
  if (target !== undefined && !names.includes(target))
    return `no target ${target}; there are ${names.join(', ')}`;
  if (replay !== undefined && target === undefined)
    return `${replay} is not in the folder of a target: say --target`;
  return { seconds, seed, target, replay, keep };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      seed: { type: 'string' },
      target: { type: 'string' },
      replay: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  }).values;
}

/** Findings and corpus are in folders named by their targets. */
function targetOf(file: string, names: readonly string[]): string | undefined {
  const folder = basename(dirname(resolve(file)));
  return names.includes(folder) ? folder : undefined;
}

export function replayCommand(file: string): string {
  return `npm run fuzz -- --replay ${file}`;
}

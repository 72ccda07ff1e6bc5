import { parseArgs } from 'node:util';

export interface FuzzOptions {
  seconds: number;
  seed: number;
  /** All of them where undefined. */
  target: string | undefined;
  replay: string | undefined;
  keep: boolean;
}

export const USAGE = `npm run fuzz -- [--seconds N] [--target NAME] [--seed N] [--keep]
npm run fuzz -- --replay FILE --target NAME`;

/** A sentence where they make no sense. */
export function readOptions(args: readonly string[], names: readonly string[]): FuzzOptions | string {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { target, replay, keep } = values;
  const [seconds, seed] = [Number(values.seconds), Number(values.seed ?? 1)];
  if (!(seconds > 0)) return `--seconds ${values.seconds} is no time`;
  if (!Number.isSafeInteger(seed) || seed < 0) return `--seed ${values.seed} is not a whole number`;
  if (target !== undefined && !names.includes(target))
    return `no target ${target}; there are ${names.join(', ')}`;
  if (replay !== undefined && target === undefined) return '--replay needs --target';
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

export function replayCommand(file: string, target: string): string {
  return `npm run fuzz -- --replay ${file} --target ${target}`;
}

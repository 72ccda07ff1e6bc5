import type { Transfer } from '#contract';

type Level = NonNullable<Transfer['assurance']>;

const SENTENCES: Readonly<Record<Level, string>> = {
  hash_by_server: "The destination's server computed the hash of what it has, and it is that of the source.",
  read_back: 'It was read back from the destination, and its hash is that of the source.',
  size: 'The destination states the same number of bytes; it gave no hash to compare.',
  none: 'The destination proved nothing of what it has.',
};

/** How strongly it is known that what arrived is what was sent. */
export function assuranceSays(level: Level): string {
  return SENTENCES[level] ?? level;
}

import { isDeepStrictEqual } from 'node:util';
import type { Listing } from '#protocol';
import { DIALECTS, type Dialect } from '../../../libs/ftps/src/listing/dialects.ts';
import { ListingReader } from '../../../libs/ftps/src/listing/listing-reader.ts';
import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import { seedOf } from '../random.ts';
import { holds, type Target } from '../target.ts';
import { chunkings } from './chunks.ts';
import { GRAMMARS, LISTING_WORDS } from './listing-grammars.ts';
import { judgeRows } from './listing-rows.ts';
import { isShowable, isShown, standsIn } from './text.ts';

const OTHER_ENCODINGS = ['latin1', 'shift_jis'];
const DIRECTORY = '/in/box';

/** One for each dialect, and one where the first row says which it is. */
export const listings: Target[] = [...DIALECTS, undefined].map((dialect) => ({
  name: `listing-${dialect ?? 'any'}`,
  maxBytes: 9 * 1024,
  seeds: dialect ? (GRAMMARS[dialect]?.seeds ?? []) : Object.values(GRAMMARS).flatMap(({ seeds }) => seeds),
  words: [
    ...LISTING_WORDS,
    ...(dialect ? (GRAMMARS[dialect]?.words ?? []) : Object.values(GRAMMARS).flatMap(({ words }) => words)),
  ],
  run: (input) => {
    const outcomes = new Set<string>();
    // Every chunking in one encoding, and one more encoding: the tables of the others are slow.
    for (const encoding of ['utf8', OTHER_ENCODINGS[seedOf(input) % OTHER_ENCODINGS.length]!]) {
      const [pieces, ...others] = encoding === 'utf8' ? chunkings(input) : [[input]];
      const whole = read(pieces!, encoding, dialect);
      for (const cut of others)
        holds(isDeepStrictEqual(read(cut, encoding, dialect), whole), 'another listing in several pieces');
      if (whole === 'violated') outcomes.add('violated');
      else judgeListing(input, whole, encoding, outcomes);
    }
    return outcomes;
  },
}));

type Reading = Listing & { dialect: Dialect | undefined; rowCount: number };

function read(
  chunks: readonly Buffer[],
  encoding: string,
  dialect: Dialect | undefined,
): Reading | 'violated' {
  const reader = new ListingReader(DIRECTORY, encoding, dialect);
  try {
    for (const chunk of chunks) reader.push(chunk);
    return { ...reader.finish(), dialect: reader.dialect, rowCount: reader.rowCount };
  } catch (error) {
    if (error instanceof ProtocolViolation) return 'violated';
    throw error;
  }
}

export function judgeListing(input: Buffer, listing: Reading, encoding: string, outcomes: Set<string>): void {
  const { entries, refused, dialect, rowCount } = listing;
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(input);
  holds(entries.length + refused.length <= rowCount, 'more entries than rows');
  holds(new Set(entries.map(({ name }) => name)).size === entries.length, 'a name twice');
  for (const { name, path, kind, sizeBytes, modified } of entries) {
    const row = JSON.stringify(name);
    holds(isSafeSegment(name), `${row} is not one safe segment`);
    holds(path === `${DIRECTORY}/${name}`, `${row} has the path ${path}`);
    holds(encoding === 'latin1' || text.includes(name), `${row} was not said`);
    holds(['file', 'directory', 'other'].includes(kind), `${row} is a ${kind}`);
    holds(
      !modified.includes('\n') && isShowable(modified),
      `${row} has the time ${JSON.stringify(modified)}`,
    );
    if (sizeBytes !== null) {
      holds(kind === 'file', `${row} has a size and is a ${kind}`);
      holds(sizeBytes >= 0n && sizeBytes < 2n ** 63n, `${row} has the size ${sizeBytes}`);
      holds(standsIn(text, sizeBytes), `${row} has the size ${sizeBytes}, which was not said`);
    }
    outcomes.add(`${dialect} ${kind}${sizeBytes === null ? '' : ' sized'}${modified === '' ? '' : ' dated'}`);
  }
  // The decoder of this runtime has other tables than the product's: letters could differ elsewhere.
  if (dialect && encoding === 'utf8') judgeRows(text, dialect, entries, refused.length === 0);
  for (const { shown, reason } of refused) {
    isShown(shown, 'a refused row');
    outcomes.add(`${dialect} ${reason.replace(/\d+/g, 'n')}`);
  }
}

/** Said again in other words than the product's. */
export function isSafeSegment(name: string): boolean {
  return (
    name.length > 0 &&
    !/^\.{1,2}$/.test(name) &&
    ![...name].some((character) => '/\\:\0'.includes(character)) &&
    isShowable(name) &&
    !/\p{Default_Ignorable_Code_Point}/u.test(name) &&
    name.isWellFormed() &&
    new TextEncoder().encode(name).length <= 255
  );
}

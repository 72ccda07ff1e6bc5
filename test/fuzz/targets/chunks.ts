import { Random, seedOf } from '../random.ts';

/** Longer inputs are cut at their line ends only: byte by byte they would take most of the time there is. */
const CUT_EVERYWHERE_UP_TO = 512;
const MOST_CUTS = 512;

/** Ways in which a network could cut these bytes: not at all, everywhere, and somewhere. */
export function chunkings(bytes: Buffer): Array<readonly Buffer[]> {
  if (bytes.length === 0) return [[]];
  const everywhere = bytes.length <= CUT_EVERYWHERE_UP_TO;
  return [[bytes], cut(bytes, (at) => everywhere || isAtLineEnd(bytes, at)), cutSomewhere(bytes)];
}

function cut(bytes: Buffer, isCut: (at: number) => boolean): Buffer[] {
  const chunks: Buffer[] = [];
  let start = 0;
  for (let at = 1; at <= bytes.length; at += 1) {
    if (at < bytes.length && (chunks.length === MOST_CUTS || !isCut(at))) continue;
    chunks.push(bytes.subarray(start, at));
    start = at;
  }
  return chunks;
}

/** Before or after a CR or LF. */
function isAtLineEnd(bytes: Buffer, at: number): boolean {
  return [bytes[at - 1], bytes[at]].some((byte) => byte === 0x0d || byte === 0x0a);
}

/** The same places for the same bytes. */
function cutSomewhere(bytes: Buffer): Buffer[] {
  const random = new Random(seedOf(bytes));
  const seldom = 2 + random.below(40);
  return cut(bytes, () => random.below(seldom) === 0);
}

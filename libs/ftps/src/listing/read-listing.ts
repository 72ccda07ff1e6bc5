import type { Listing } from '#protocol';
import { type Dialect, ListingReader } from './listing-reader.ts';

/** A whole listing at once. Throws ProtocolViolation where it is longer than any listing. */
export function readListing(
  bytes: Buffer,
  {
    dialect,
    encoding = 'utf8',
    directory = '/',
  }: { dialect?: Dialect; encoding?: string; directory?: string } = {},
): Listing & { dialect: Dialect | undefined } {
  const reader = new ListingReader(directory, encoding, dialect);
  reader.push(bytes);
  return { ...reader.finish(), dialect: reader.dialect };
}

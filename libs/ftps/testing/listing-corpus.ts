import type { Dialect } from '../src/listing/listing-reader.ts';
import { HOST_LISTINGS } from './listing-corpus-hosts.ts';
import { UNIX_LISTINGS } from './listing-corpus-unix.ts';

/** A row, and what it means: an entry, nothing, or a refusal with a word of its reason. */
export type SampleRow =
  | [row: string, kind: 'file', name: string, sizeBytes: bigint | null, modified: string]
  | [row: string, kind: 'directory' | 'other', name: string, modified: string]
  | [row: string, 'skip']
  | [row: string, 'refused', reason: string];

export interface SampleListing {
  dialect: Dialect;
  /** The server or the form. */
  from: string;
  /** Stands before each of the rows. */
  header?: string;
  rows: readonly SampleRow[];
}

/** Rows as servers print them; written for this project from the public description of each form. */
export const SAMPLE_LISTINGS: readonly SampleListing[] = [...UNIX_LISTINGS, ...HOST_LISTINGS];

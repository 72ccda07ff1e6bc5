import type { FtpsEndpoint } from '#domain';
import type { ControlChannel } from './control-channel.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import type { Features } from './features.ts';
import type { Dialect } from './listing/listing-reader.ts';
import type { TransferDialogue } from './transfer-dialogue.ts';

/** What the commands of one session work with. */
export interface SessionParts {
  readonly id: string;
  readonly endpoint: FtpsEndpoint;
  readonly control: ControlChannel;
  readonly transfers: TransferDialogue;
  readonly features: Features;
  readonly deadlines: FtpsDeadlines;
  readonly listing: ListingHabits;
}

export type ListingCommand = 'MLSD' | 'LIST -a' | 'LIST';

/** What a listing is first asked with. One MLST line announces both (RFC 3659 section 7.8). */
export function firstListingCommand(features: Features): ListingCommand {
  return features.has('MLST') || features.has('MLSD') ? 'MLSD' : 'LIST -a';
}

/** What was learnt about the server's listings. */
export interface ListingHabits {
  command: ListingCommand;
  /** Of LIST rows; the first one recognised stays. */
  dialect: Dialect | undefined;
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

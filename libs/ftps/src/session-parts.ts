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

/** What was learnt about the server's listings. */
export interface ListingHabits {
  command: 'MLSD' | 'LIST -a' | 'LIST';
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

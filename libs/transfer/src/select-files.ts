import type { FileVersion, Placement, Selection } from '#domain';
import type { RefusedEntry, RemoteSession } from '#protocol';
import { askFor, findMissing, type MissingFile } from './named-files.ts';
import { observeFiles } from './observe-files.ts';
import { inFolders } from './parameters.ts';
import { placeFiles } from './place-files.ts';
import type { RunMoment } from './run-moment.ts';

export interface SelectedFile {
  version: FileVersion;
  destinationPath: string;
}

export interface Selected {
  files: SelectedFile[];
  refused: RefusedEntry[];
  /** What was asked for by name and is not among `files`. */
  missing: MissingFile[];
}

/** Lists the source and picks the file versions that the route means, each with its destination. */
export async function selectFiles(
  source: RemoteSession,
  selects: Selection,
  places: Placement,
  moment: RunMoment,
  signal: AbortSignal,
): Promise<Selected> {
  const { selection, placement } = inFolders(selects, places, moment.parameters);
  const found = await observeFiles(source, selection, askFor(moment.files), signal);
  const placed = placeFiles(found, selection, placement, moment);
  return {
    ...placed,
    missing: findMissing(moment.files ?? [], selection, placement, placed, found.present),
  };
}

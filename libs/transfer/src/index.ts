export { lookAtFiles } from './look-at-files.ts';
export { markerPath } from './markers.ts';
export { moveFile } from './move-file.ts';
export type { MissingFile } from './named-files.ts';
export type { MoveFact, MoveOrder, MoveProgress, PreviousWork } from './order.ts';
export { baseName, isTemporaryName, joinPath } from './paths.ts';
export { removeLeftovers } from './reconcile.ts';
export type { RunMoment } from './run-moment.ts';
export { type Selected, type SelectedFile, selectFiles } from './select-files.ts';

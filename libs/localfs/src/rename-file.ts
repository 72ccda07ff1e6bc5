import { constants } from 'node:fs';
import { link as makeLink, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TransferError } from '#domain';
import { codeOf } from './error-codes.ts';
import { statPlace } from './list-directory.ts';

/**
 * Codes that say "no hard links here": FAT, some network and FUSE file systems, and Linux's
 * fs.protected_hardlinks for a file of another owner.
 */
const WITHOUT_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

export interface Renaming {
  from: string;
  to: string;
  overwrite: boolean;
}

/** How the target was kept from being replaced: by the kernel, or only by looking first. */
export type Guard = 'none_asked' | 'link' | 'look_first';

/**
 * Renames so that it outlives a power cut: both directories are opened before, so that whatever forbids it shows
 * up while nothing has happened, and synced after.
 */
export async function renameDurably(renaming: Renaming, link: typeof makeLink = makeLink): Promise<Guard> {
  const { from, to, overwrite } = renaming;
  await using target = await openDirectory(dirname(to));
  await using origin = dirname(from) === dirname(to) ? undefined : await openDirectory(dirname(from));
  const source = await statPlace(from);
  if (!source) throw new TransferError('path_not_found', { phase: 'publish' });
  if (!source.isFile())
    throw new TransferError('file_unavailable', {
      phase: 'publish',
      detail: 'only regular files are renamed',
    });
  const guard = overwrite ? await replace(from, to) : await renameNoReplace(from, to, link);
  await target.sync();
  await origin?.sync();
  return guard;
}

async function replace(from: string, to: string): Promise<Guard> {
  await rename(from, to);
  return 'none_asked';
}

/** link(2) fails when the target exists, without a race; rename(2) would replace it. */
async function renameNoReplace(from: string, to: string, link: typeof makeLink): Promise<Guard> {
  try {
    await link(from, to);
  } catch (error) {
    if (!WITHOUT_LINKS.has(codeOf(error) ?? '')) throw error;
    if (await statPlace(to)) throw new TransferError('destination_exists', { phase: 'publish' });
    await rename(from, to);
    return 'look_first';
  }
  await dropOldName(from, to);
  return 'link';
}

/** The file has both names now. When the old one cannot go, the new one is taken back: half a rename is none. */
async function dropOldName(from: string, to: string): Promise<void> {
  try {
    await unlink(from);
  } catch (error) {
    await unlink(to).catch((cause: unknown) => {
      throw new TransferError('delivery_in_doubt', {
        phase: 'publish',
        detail: 'the file appeared under its new name, and neither name can be removed',
        cause,
      });
    });
    throw error;
  }
}

export async function syncDirectory(place: string): Promise<void> {
  await using directory = await openDirectory(place);
  await directory.sync();
}

interface OpenDirectory extends AsyncDisposable {
  sync(): Promise<void>;
}

async function openDirectory(place: string): Promise<OpenDirectory> {
  const handle = await open(place, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    async sync() {
      // Some network file systems cannot sync a directory and say EINVAL; there is nothing more to be had there.
      await handle.sync().catch((error: unknown) => {
        if (codeOf(error) !== 'EINVAL' && codeOf(error) !== 'ENOTSUP') throw error;
      });
    },
    [Symbol.asyncDispose]: () => handle.close(),
  };
}

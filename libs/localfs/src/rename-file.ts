import { constants } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TransferError } from '#domain';
import { reach } from '#failpoint';
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

/** The system's; others are what a test's file system answers. */
interface Calls {
  link(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

/** How the target was kept from being replaced: by the kernel, or only by looking first. */
export type Guard = 'none_asked' | 'link' | 'look_first';

/**
 * Renames so that it outlives a power cut: both directories are opened before, so that whatever forbids it shows
 * up while nothing has happened, and synced after.
 */
export async function renameDurably(renaming: Renaming, calls: Partial<Calls> = {}): Promise<Guard> {
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
  const guard = overwrite
    ? await replace(from, to)
    : await renameNoReplace(from, to, { link, unlink, ...calls });
  reach('rename_answered');
  await target.sync();
  await origin?.sync();
  reach('directory_synced');
  return guard;
}

async function replace(from: string, to: string): Promise<Guard> {
  await rename(from, to);
  reach('rename_sent');
  return 'none_asked';
}

/** link(2) fails when the target exists, without a race; rename(2) would replace it. */
async function renameNoReplace(from: string, to: string, calls: Calls): Promise<Guard> {
  try {
    await calls.link(from, to);
  } catch (error) {
    if (!WITHOUT_LINKS.has(codeOf(error) ?? '')) throw error;
    if (await statPlace(to)) throw new TransferError('destination_exists', { phase: 'publish' });
    await rename(from, to);
    reach('rename_sent');
    return 'look_first';
  }
  reach('rename_sent');
  await dropOldName(from, to, calls);
  return 'link';
}

/**
 * The file has both names now. When the old one cannot go, the new one is taken back: half a rename is none.
 *
 * Gone already is gone: we may have stood still here for so long that somebody finished the delivery for us, and the new
 * name may be the file's last. So it is taken back only while the old one still leads to the same file.
 */
async function dropOldName(from: string, to: string, calls: Calls): Promise<void> {
  try {
    await calls.unlink(from);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    if (!(await isSameFile(from, to)))
      throw inDoubt('the file appeared under its new name, and its old one is something else now', error);
    await unlink(to).catch((cause: unknown) => {
      throw inDoubt('the file appeared under its new name, and neither name can be removed', cause);
    });
    throw error;
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  const [first, second] = await Promise.all([statPlace(one), statPlace(other)]);
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

function inDoubt(detail: string, cause: unknown): TransferError {
  return new TransferError('delivery_in_doubt', { phase: 'publish', detail, cause });
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

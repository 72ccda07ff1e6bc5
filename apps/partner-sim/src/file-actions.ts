import { createHash } from 'node:crypto';
import { link, lstat, lutimes, mkdir, rename, rmdir, unlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { type DialogueState, type FileAction, quoted } from './dialogue.ts';
import type { Faults } from './faults.ts';
import { type FileTree, factsLine, timeValue } from './file-tree.ts';

export interface Outcome {
  reply: string;
  next?: Partial<DialogueState>;
  /** The control connection dies without this reply. */
  dies?: boolean;
}

export interface FilePolicy {
  faults: Faults;
  /** RNTO replaces what is there, as most servers do. */
  renameReplaces: boolean;
}

const NO_FILE: Outcome = { reply: '550 No such file.' };
const SENTENCES: Record<string, string> = {
  EEXIST: '550 It exists already.',
  ENOSPC: '452 No space left.',
  EDQUOT: '452 No space left.',
  ENOTEMPTY: '550 The directory is not empty.',
  EACCES: '550 Permission denied.',
  EPERM: '550 Permission denied.',
};

/** Does what was decided, on the disk, and says how it went. */
export async function act(
  action: FileAction,
  state: DialogueState,
  tree: FileTree,
  policy: FilePolicy,
): Promise<Outcome> {
  const { path, named } = action;
  const lieBytes = policy.faults.lieAboutSizeBy ?? 0;
  switch (action.verb) {
    case 'CWD':
      return (await tree.stats(path))?.isDirectory()
        ? { reply: '250 Directory changed.', next: { directory: path } }
        : { reply: '550 No such directory.' };
    case 'SIZE': {
      const stats = await tree.stats(path);
      return stats?.isFile() ? { reply: `213 ${stats.size + lieBytes}` } : NO_FILE;
    }
    case 'MDTM': {
      const stats = await tree.stats(path);
      return stats?.isFile() ? { reply: `213 ${timeValue(stats.mtime)}` } : NO_FILE;
    }
    case 'MLST': {
      const stats = await tree.stats(path);
      const line = stats && factsLine({ name: path, stats }, lieBytes);
      return line === undefined ? NO_FILE : { reply: `250-Listing\r\n ${line}\r\n250 End` };
    }
    case 'HASH':
    case 'XSHA256':
      return hash(action, tree);
    case 'RNFR':
      return (await tree.stats(path)) && path !== '/'
        ? { reply: '350 To which name?', next: { renameFrom: path } }
        : NO_FILE;
    case 'RNTO':
      return { ...(await renameTo(path, state.renameFrom, tree, policy)), next: { renameFrom: undefined } };
    case 'MFMT': {
      const time = dateOf(action.time ?? '');
      return change(action, tree, `213 Modify=${action.time}; ${named}`, (place) =>
        lutimes(place, time, time),
      );
    }
    case 'DELE':
      return change(action, tree, '250 Deleted.', unlink);
    case 'RMD':
      return change(action, tree, '250 Removed.', rmdir);
    case 'MKD':
      return change(action, tree, `257 ${quoted(path)} is made.`, (place) => mkdir(place));
  }
}

async function change(
  { path }: FileAction,
  tree: FileTree,
  reply: string,
  act: (place: string) => Promise<unknown>,
): Promise<Outcome> {
  const place = path === '/' ? undefined : await tree.place(path);
  if (place === undefined) return NO_FILE;
  try {
    await act(place);
    return { reply };
  } catch (error) {
    return { reply: refusal(error) };
  }
}

/** The reply to a failed change of the disk. */
export function refusal(error: unknown): string {
  const { code = '' } = error as NodeJS.ErrnoException;
  return SENTENCES[code] ?? '550 No such file or directory.';
}

async function renameTo(
  path: string,
  fromPath: string | undefined,
  tree: FileTree,
  { faults, renameReplaces }: FilePolicy,
): Promise<Outcome> {
  if (fromPath === undefined) return { reply: '503 RNFR first.' };
  if (faults.renameReply !== undefined) return { reply: faults.renameReply };
  if (faults.dieAtRename === 'before') return { reply: '', dies: true };
  const from = await tree.place(fromPath);
  const to = path === '/' ? undefined : await tree.place(path);
  if (from === undefined || to === undefined) return NO_FILE;
  try {
    if (renameReplaces) await rename(from, to);
    else await moveWithoutReplacing(from, to);
  } catch (error) {
    const taken = (error as NodeJS.ErrnoException).code === 'EEXIST';
    return { reply: taken ? '553 The name is taken.' : refusal(error) };
  }
  return { reply: '250 Renamed.', dies: faults.dieAtRename === 'after' };
}

/** Files are linked, so that a name taken a moment ago is not replaced; directories can only be renamed. */
async function moveWithoutReplacing(from: string, to: string): Promise<void> {
  if (!(await lstat(from)).isDirectory()) {
    await link(from, to);
    return unlink(from);
  }
  const taken = await lstat(to).catch(() => undefined);
  if (taken) throw Object.assign(new Error('the name is taken'), { code: 'EEXIST' });
  await rename(from, to);
}

/** draft-bryan-ftpext-hash-02, and the older XSHA256 in upper case. */
async function hash({ verb, path, named }: FileAction, tree: FileTree): Promise<Outcome> {
  const file = (await tree.stats(path)) && (await tree.openToRead(path));
  if (!file) return NO_FILE;
  const sha256 = createHash('sha256');
  const { size } = await file.stat();
  await pipeline(file.createReadStream(), sha256);
  const hex = sha256.digest('hex');
  return {
    reply: verb === 'HASH' ? `213 SHA-256 0-${size} ${hex} ${named}` : `250 ${hex.toUpperCase()}`,
  };
}

function dateOf(digits: string): Date {
  return new Date(digits.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z'));
}

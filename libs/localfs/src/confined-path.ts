import { lstat, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Phase, TransferError } from '#domain';

/** C0, DEL, C1 and the bidirectional and zero-width marks that make a name look like another one. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd]/u;

/** Why a name is not taken as a file name here; undefined when it is fine. */
export function nameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'not a file name';
  if (name.includes('/')) return 'holds a path separator';
  if (UNSAFE.test(name)) return 'holds control, invisible or undecodable characters';
  return undefined;
}

/** The parts of an absolute endpoint path; refuses whatever is not a plain walk down from the root. */
function partsOf(path: string, phase: Phase): string[] {
  if (!path.startsWith('/'))
    throw new TransferError('path_outside_root', {
      phase,
      detail: `${JSON.stringify(path)} is not absolute.`,
    });
  const parts = path.split('/').filter((part) => part !== '');
  for (const part of parts) {
    if (part === '..' || part === '.')
      throw new TransferError('path_outside_root', {
        phase,
        detail: `${JSON.stringify(path)} holds "${part}".`,
      });
    const problem = nameProblem(part);
    if (problem)
      throw new TransferError('file_name_refused', { phase, detail: `${JSON.stringify(path)} ${problem}.` });
  }
  return parts;
}

/**
 * The place on disk of an endpoint path, without following its last part. Each folder on the way that is a symbolic
 * link must lead to a place inside the root.
 * @throws TransferError `path_outside_root`, `file_name_refused`
 */
export async function confine(root: string, path: string, phase: Phase): Promise<string> {
  const parts = partsOf(path, phase);
  const realRoot = await realpath(root);
  const wanted = join(realRoot, ...parts);
  const parent = parts.length === 0 ? realRoot : await realExisting(dirname(wanted), realRoot);
  if (parent !== realRoot && !parent.startsWith(realRoot === '/' ? '/' : `${realRoot}/`)) {
    throw new TransferError('path_outside_root', {
      phase,
      detail: `${path} leads outside of ${root} through a symbolic link.`,
    });
  }
  return wanted;
}

/** The real place of the deepest folder on the way that exists. */
async function realExisting(directory: string, realRoot: string): Promise<string> {
  for (let present = directory; present.length >= realRoot.length; present = dirname(present)) {
    if (await isThere(present)) return realpath(present);
  }
  return realRoot;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

import { lstat, realpath } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type Phase, TransferError } from '#domain';
import { codeOf } from './error-codes.ts';
import { nameProblem, printable } from './file-names.ts';

/**
 * The place on disk of an endpoint path. `root` is a real path, resolved when the session was opened. Symbolic links among its folders are resolved and must stay inside the
 * root; its last part is not followed, so the caller opens it with O_NOFOLLOW.
 * @throws TransferError `path_outside_root`, `file_name_refused`
 */
export async function confine(root: string, path: string, phase: Phase): Promise<string> {
  const parts = partsOf(path, phase);
  const name = parts.pop();
  const folder = await resolveInside(root, parts, path, phase);
  return name === undefined ? folder : join(folder, name);
}

/** Of two paths; a folder that they share is resolved once. */
export async function confineBoth(
  root: string,
  paths: { from: string; to: string },
  phase: Phase,
): Promise<{ from: string; to: string }> {
  const [from, to] = [partsOf(paths.from, phase), partsOf(paths.to, phase)];
  const name = to.at(-1);
  const shared =
    from.length > 0 && name !== undefined && from.slice(0, -1).join('/') === to.slice(0, -1).join('/');
  const place = await confine(root, paths.from, phase);
  return { from: place, to: shared ? join(dirname(place), name) : await confine(root, paths.to, phase) };
}

/** The same for a directory to be entered: its last part may be a link, and is resolved too. */
export async function confineDirectory(root: string, path: string, phase: Phase): Promise<string> {
  return resolveInside(root, partsOf(path, phase), path, phase);
}

/** The parts of an absolute endpoint path; refuses whatever is not a plain walk down from the root. */
function partsOf(path: string, phase: Phase): string[] {
  const shown = printable(path);
  if (!path.startsWith('/'))
    throw new TransferError('path_outside_root', { phase, detail: `${shown} is not absolute.` });
  const parts = path.split('/').filter((part) => part !== '');
  for (const part of parts) {
    if (part === '..' || part === '.')
      throw new TransferError('path_outside_root', { phase, detail: `${shown} holds "${part}".` });
    const problem = nameProblem(part);
    if (problem) throw new TransferError('file_name_refused', { phase, detail: `${shown} ${problem}.` });
  }
  return parts;
}

async function resolveInside(root: string, parts: string[], path: string, phase: Phase): Promise<string> {
  const wanted = join(root, ...parts);
  const existing = await deepestExisting(wanted, root);
  if (existing.real !== root && !existing.real.startsWith(root === '/' ? '/' : `${root}/`)) {
    throw new TransferError('path_outside_root', {
      phase,
      detail: `${path} leads outside of ${root} through a symbolic link.`,
    });
  }
  return join(existing.real, relative(existing.place, wanted));
}

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** The folder itself in most cases: one question. */
async function deepestExisting(wanted: string, root: string): Promise<{ place: string; real: string }> {
  for (let place = wanted; ; place = dirname(place)) {
    const real = await realpath(place).catch((error: unknown) => {
      if (MISSING.has(codeOf(error) ?? '') && place !== root) return undefined;
      throw error;
    });
    if (real !== undefined) return { place, real };
    // Of a dangling link the end is missing, not the link.
    if (await isThere(place)) await realpath(place);
  }
}

/** A dangling link is there: what it leads to is then missing, not the link. */
async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

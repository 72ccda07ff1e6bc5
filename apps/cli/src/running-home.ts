import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiAddress } from '#config';

/** What `waybill start` leaves in its home, so that commands on the same machine find it. Only its owner can read it. */
export async function announceHome(
  home: string,
  address: ApiAddress,
): Promise<{ withdraw(): Promise<void> }> {
  await writePrivately(keyPath(home), `${address.key}\n`);
  await writePrivately(urlPath(home), `${address.url}\n`);
  return { withdraw: () => rm(urlPath(home), { force: true }) };
}

/** undefined when nothing runs on this home. */
export async function readRunningHome(home: string): Promise<ApiAddress | undefined> {
  const [url, key] = await Promise.all([readLine(urlPath(home)), readHomeKey(home)]);
  return url !== undefined && key !== undefined ? { url, key } : undefined;
}

/** The commands' own key of an earlier start. */
export function readHomeKey(home: string): Promise<string | undefined> {
  return readLine(keyPath(home));
}

function keyPath(home: string): string {
  return join(home, 'cli.key');
}

function urlPath(home: string): string {
  return join(home, 'api.url');
}

async function writePrivately(path: string, text: string): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  // `mode` counts only when the file is new.
  await chmod(path, 0o600);
}

async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

const compress = promisify(gzip);

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

export interface DashboardFile {
  type: string;
  body: Buffer;
  gzipped: Buffer;
  /** Its name changes with its content. */
  immutable: boolean;
}

/** The built pages by their address, in memory: nothing of a request ever becomes a path of the file system. */
export interface DashboardFiles {
  page: DashboardFile;
  /** `/assets/index-AbC123.js` */
  files: ReadonlyMap<string, DashboardFile>;
}

/**
 * Reads what `vite build` has made; undefined where nothing was built.
 * @throws when there is something, and it is not the pages
 */
export async function readDashboard(folder: string): Promise<DashboardFiles | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    },
  );
  if (!entries) return undefined;
  const read = entries
    .filter((entry) => entry.isFile())
    .map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      const address = `/${relative(folder, path).split(sep).join('/')}`;
      return [address, await readOne(path, address)] as const;
    });
  const files = new Map(await Promise.all(read));
  const page = files.get('/index.html');
  if (!page) throw new Error(`${folder} holds no index.html: run \`npm run build\`.`);
  // It has an address of its own, and one is enough.
  files.delete('/index.html');
  return { page, files };
}

async function readOne(path: string, address: string): Promise<DashboardFile> {
  const type = TYPES[extname(path)];
  if (type === undefined) throw new Error(`${path} is of no kind that the dashboard has.`);
  const body = await readFile(path);
  return { type, body, gzipped: await compress(body), immutable: address.startsWith('/assets/') };
}

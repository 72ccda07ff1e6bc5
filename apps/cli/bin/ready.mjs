#!/usr/bin/env node
// Makes a checkout ready to run: installs, generates the Prisma client and builds, each only when something is
// stale. Runs before `npm start` and `npm test` on the machine's own Node, so it imports nothing that has to be
// installed first; the tools it starts already run on the pinned Node.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const PINNED_NODE = at(
  process.platform === 'win32' ? 'node_modules/node/bin/node.exe' : 'node_modules/node/bin/node',
);
const LOCK = at('.ready.lock');
const GENERATED = at('libs/store/src/generated');
const BUILT = at('dist/.ready');
const SOURCE = /\.(tsx?|css|html|js|svg)$/;

class NotReady extends Error {}

try {
  checkMachine();
  const release = takeTurn();
  try {
    if (installIsStale()) step('installed dependencies', install);
    if (clientIsStale()) step('generated the database client', generateClient);
    if (buildIsStale()) step('built', build);
  } finally {
    release();
  }
} catch (error) {
  if (!(error instanceof NotReady)) throw error;
  console.error(`ready: ${error.message}`);
  process.exit(1);
}

function checkMachine() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new NotReady(`Node ${process.versions.node} is too old to start from. Install Node 20 or newer.`);
  }
}

/** The whole lockfile against what npm says it installed: the same versions, nothing missing but other platforms' parts. */
function installIsStale() {
  if (!existsSync(PINNED_NODE)) return true;
  const wanted = readJson(at('package-lock.json')).packages;
  const installed = readJson(at('node_modules/.package-lock.json'))?.packages;
  if (!installed) return true;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const found = installed[path];
    return found ? found.version !== entry.version : !entry.optional && !entry.peer;
  });
}

function install() {
  // Install scripts run by name only, from `allowScripts` of package.json: npm 11 would read that list itself,
  // npm 10 would run every script there is, and one of them downloads database engines nobody needs.
  // What the machine's npm is set to elsewhere (NODE_ENV=production, ignore-scripts) must not leave half of it out.
  npm(['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  const allowed = Object.entries(readJson(at('package.json')).allowScripts)
    .filter(([name, allows]) => allows && existsSync(at('node_modules', name)))
    .map(([name]) => name);
  npm(['rebuild', ...allowed, '--ignore-scripts=false', '--loglevel=error']);
  const version = spawnSync(PINNED_NODE, ['--version'], { encoding: 'utf8' });
  if (version.status !== 0) {
    throw new NotReady(
      `the pinned Node at ${PINNED_NODE} does not start: ${version.error?.message ?? version.stderr.trim()}. ` +
        'Delete node_modules and try again; the machine must be able to download the npm package "node".',
    );
  }
}

function clientIsStale() {
  return (
    newest([at('prisma/schema.prisma'), at('prisma.config.ts'), at('node_modules/prisma/package.json')]) >
    modified(join(GENERATED, 'client.ts'))
  );
}

function generateClient() {
  // Naming any executable as the schema engine keeps Prisma from downloading one; generating needs none.
  tool('generating the database client', [at('node_modules/prisma/build/index.js'), 'generate'], {
    PRISMA_SCHEMA_ENGINE_BINARY: PINNED_NODE,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  });
}

function buildIsStale() {
  const sources = [
    at('tsconfig.json'),
    at('tsconfig.build.json'),
    at('package.json'),
    ...['apps', 'libs'].flatMap((top) => filesBelow(at(top))),
  ];
  return newest(sources) > modified(BUILT);
}

function build() {
  rmSync(BUILT, { force: true });
  const startedAt = new Date();
  tool('building', [at('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
  const vite = 'build --config apps/dashboard/vite.config.ts --configLoader native --logLevel warn';
  tool('building the dashboard', [
    '--conditions=waybill-source',
    at('node_modules/vite/bin/vite.js'),
    ...vite.split(' '),
  ]);
  // Dated from before the compiler read the sources: what changed meanwhile is built next time.
  writeFileSync(BUILT, `${startedAt.toISOString()}\n`);
}

function step(done, work) {
  const startedMs = Date.now();
  work();
  console.log(`ready: ${done} in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`);
}

function npm(args) {
  // npm_execpath is the npm that called us; started by hand there is none, and the PATH decides.
  const cli = process.env.npm_execpath;
  const [command, prefix] = cli?.endsWith('.js') ? [process.execPath, [cli]] : ['npm', []];
  const result = run(command, [...prefix, ...args], {});
  if (result.status === 0) return;
  throw new NotReady(
    `\`npm ${args.join(' ')}\` failed: ${reason(result)}\n` +
      'ready: check that this machine reaches the npm registry (`npm ping`) and may write to this folder, then start again.',
  );
}

function tool(what, args, env = {}) {
  const result = run(PINNED_NODE, args, env);
  if (result.status === 0) return;
  throw new NotReady(
    `${what} failed: ${reason(result)}\nready: fix what is named above; if nothing of it is yours, delete node_modules and dist and start again.`,
  );
}

function run(command, args, env) {
  return spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
}

function reason(result) {
  if (result.error) return result.error.message;
  return `exit ${result.status ?? result.signal}\n${`${result.stdout}\n${result.stderr}`.trim()}`;
}

/** Two commands started together must not install over each other. A lock of a process that died is taken over. */
function takeTurn() {
  const started = Date.now();
  for (;;) {
    try {
      mkdirSync(LOCK);
      writeFileSync(join(LOCK, 'pid'), String(process.pid));
      return () => rmSync(LOCK, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new NotReady(`cannot write to ${ROOT}: ${error.message}. Run as the owner of this checkout.`);
      }
    }
    if (!holderLives() || Date.now() - started > 600_000) rmSync(LOCK, { recursive: true, force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function holderLives() {
  let pid;
  try {
    pid = Number(readFileSync(join(LOCK, 'pid'), 'utf8'));
  } catch {
    // Between its mkdir and its pid: give the holder a moment.
    return Date.now() - modified(LOCK) < 5_000;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return SOURCE.test(entry.name) && !entry.name.endsWith('.spec.ts') ? [path] : [];
  });
}

function newest(paths) {
  return Math.max(...paths.map(modified));
}

/** Milliseconds; 0 for what is not there. */
function modified(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function at(...parts) {
  return join(ROOT, ...parts);
}

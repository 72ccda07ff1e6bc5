#!/usr/bin/env node
// Finds the pinned Node and hands over to the built command. Runs on the machine's own Node.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const node = join(root, 'node_modules/node/bin', process.platform === 'win32' ? 'node.exe' : 'node');
const main = join(root, 'dist/apps/cli/src/main.js');

if (!existsSync(node) || !existsSync(main)) {
  console.error(`waybill: this checkout is not built; run \`npm run ready\` in ${root} first`);
  process.exit(2);
}

// File bytes pass through and nothing lives long: with a small young generation their buffers are given back sooner.
const child = spawn(node, ['--max-semi-space-size=2', main, ...process.argv.slice(2)], { stdio: 'inherit' });
// The terminal signals the whole group; a service manager signals only us. The child hears it either way, once.
const interactive = process.stdin.isTTY === true;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !interactive) child.kill(signal);
  });
}
child.on('error', (error) => {
  console.error(`waybill: cannot start ${node}: ${error.message}`);
  process.exit(2);
});
child.on('exit', (code, signal) => {
  if (signal) {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  } else process.exit(code ?? 1);
});

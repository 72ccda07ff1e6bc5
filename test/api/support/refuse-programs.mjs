// Loaded before a process of ours: it then has no way to start a program or a thread, nor to load a library of the machine.
// (Node's own permission model would also take fsync away, which a worker cannot do without.)
import childProcess, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';

function refuse() {
  throw new Error('REFUSED_HERE: no programs, no threads');
}

ChildProcess.prototype.spawn = refuse;
for (const name of ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'])
  childProcess[name] = refuse;
workerThreads.Worker = refuse;
process.dlopen = refuse;
syncBuiltinESMExports();

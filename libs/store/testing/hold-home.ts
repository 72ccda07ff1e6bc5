// node hold-home.ts HOME: starts the server of HOME, prints where it is, and holds it until standard input ends.
// Imports nothing but the server's own files, so that a copy of them in a folder of its own runs too.
import { once } from 'node:events';
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts';

try {
  const { ownerUrl, pid, port, stop } = await startEmbeddedPostgres({ home: process.argv[2]! });
  console.log(JSON.stringify({ ownerUrl, pid, port }));
  process.stdin.resume();
  await once(process.stdin, 'end');
  await stop();
} catch (error) {
  console.log(JSON.stringify({ refused: (error as Error).message }));
  process.exitCode = 1;
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A port whose process stands still and whose queue is full: a connection to it is neither made nor refused. */
export interface StoppedListener {
  port: number;
  close(): Promise<void>;
}

const LISTEN = `require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
  function () { process.stdout.write(String(this.address().port)); });`;
/** More than a queue of one can take. */
const QUEUE = 4;

export async function startStoppedListener(): Promise<StoppedListener> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = (await once(child.stdout!, 'data')) as [Buffer];
  const port = Number(text);
  child.kill('SIGSTOP');
  const waiting: Socket[] = [];
  for (let index = 0; index < QUEUE; index++) {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => undefined);
    waiting.push(socket);
  }
  await once(waiting[0]!, 'connect');
  return {
    port,
    async close() {
      for (const socket of waiting) socket.destroy();
      await end(child);
    },
  };
}

async function end(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

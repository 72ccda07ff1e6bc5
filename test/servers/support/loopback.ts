import { once } from 'node:events';
import { connect } from 'node:net';

let last = 0;

/**
 * Containers use the host's network and bind to a loopback address of their own: control port and passive range are
 * then the same for every server, nothing has to be mapped, and nothing is reachable from outside.
 */
export function nextLoopbackAddress(): string {
  last++;
  // The process id keeps test files that run side by side, and two test runs on one machine, apart.
  return `127.${1 + (process.pid % 250)}.${Math.floor(process.pid / 250) % 250}.${1 + (last % 250)}`;
}

/** Resolves when something listens there. */
export async function listening(host: string, port: number, deadlineMs = 30_000): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect');
      socket.destroy();
      return;
    } catch (error) {
      socket.destroy();
      if (Date.now() > end)
        throw new Error(`Nothing listens on ${host}:${port} after ${deadlineMs} ms`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

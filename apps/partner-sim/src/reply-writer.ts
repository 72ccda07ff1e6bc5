import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Command } from './dialogue.ts';
import type { Faults, Piece } from './faults.ts';

export interface ControlConnection {
  /** TLS, once there is TLS. */
  socket: Socket;
  raw: Socket;
  /** Aborted when the connection has closed. */
  gone: AbortSignal;
}

/** Sends a reply, or what the faults make of it; returns when it has left or the connection is gone. */
export async function writeReply(
  { socket, raw, gone }: ControlConnection,
  reply: string,
  command: Command,
  faults: Faults,
): Promise<void> {
  for (const piece of faults.answer?.(reply, command) ?? ordinary(reply, faults)) {
    if (gone.aborted || socket.destroyed) return;
    if (typeof piece === 'string' || piece instanceof Uint8Array) {
      await writePiece(socket, piece, gone);
    } else if ('pauseMs' in piece) {
      await pause(piece.pauseMs, undefined, { signal: gone }).catch(() => undefined);
    } else if (piece.close === 'end') {
      socket.end();
    } else {
      raw.resetAndDestroy();
    }
  }
}

function* ordinary(reply: string, faults: Faults): Iterable<Piece> {
  if (faults.replyDelayMs !== undefined) yield { pauseMs: faults.replyDelayMs };
  const bytes = Buffer.from(`${reply}\r\n`);
  if (!faults.splitReplies) return yield bytes;
  for (let index = 0; index < bytes.length; index++) yield bytes.subarray(index, index + 1);
}

/** Each piece in a turn of its own, so that it leaves in a segment and a TLS record of its own. */
async function writePiece(socket: Socket, piece: string | Uint8Array, gone: AbortSignal): Promise<void> {
  if (!socket.write(piece)) await once(socket, 'drain', { signal: gone }).catch(() => undefined);
  else await nextTurn();
}

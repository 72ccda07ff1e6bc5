import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import type { Client } from '#contract';
import { UsageError, WorkFailed } from '../failures.ts';
import { copyOut, type Terminal } from '../terminal.ts';

export interface ExportOptions {
  from?: string;
  to?: string;
  output?: string;
  json?: boolean;
}

/** Throws WorkFailed when the answer broke off: what is there then is not all. */
export async function exportAudit(
  api: Pick<Client, 'exportAuditEvents'>,
  terminal: Terminal,
  { from, to, output, json }: ExportOptions,
  copy = copyOut,
): Promise<void> {
  const lines = new Lines(await api.exportAuditEvents({ query: { from, to } }));
  if (output === undefined) return copy(lines);
  await writeWhole(output, lines);
  if (json) terminal.json({ file: output, events: lines.count });
  else terminal.line(`${output}: ${lines.count} ${lines.count === 1 ? 'event' : 'events'}`);
}

/** The pieces of a stream, counted. */
class Lines implements AsyncIterable<Uint8Array> {
  readonly #stream: AsyncIterable<Uint8Array>;
  count = 0;

  constructor(stream: AsyncIterable<Uint8Array>) {
    this.#stream = stream;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for await (const piece of this.#stream) {
        for (let at = piece.indexOf(NEW_LINE); at >= 0; at = piece.indexOf(NEW_LINE, at + 1)) this.count++;
        yield piece;
      }
    } catch (cause) {
      throw new WorkFailed(`the export broke off after ${this.count} events; it is not all`, { cause });
    }
  }
}

const NEW_LINE = 0x0a;

/** Beside it first: who finds the file finds all of it. */
async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    if (existsSync(path)) throw new UsageError(`${path}: there is a file of this name already`);
    await using file = await open(part, 'wx', 0o600);
    for await (const piece of pieces) await file.writeFile(piece);
    await file.sync();
    await rename(part, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new WorkFailed(`${path}: cannot be written (${code})`, { cause: error });
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

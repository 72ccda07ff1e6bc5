import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { readApiAddress, readConfig } from '#config';
import { visibleJson } from '#domain';
import { EVERYTHING, type EventPlace, readEventPiece, type Store } from '#store';
import { createLogger } from '#telemetry';
import { connectApi } from '../api-client.ts';
import { UsageError, WorkFailed } from '../failures.ts';
import { useDatabase } from '../open-parts.ts';
import { copyOut, type Terminal } from '../terminal.ts';

export interface ExportOptions {
  from?: string;
  to?: string;
  output?: string;
  json?: boolean;
}

/** From the api that the environment names; otherwise from the local home, whose owner sees everything. */
export async function exportAudit(terminal: Terminal, options: ExportOptions): Promise<void> {
  const { from, to } = options;
  const address = readApiAddress();
  if (address) {
    const stream = await connectApi(address).exportAuditEvents({ query: { from, to } });
    return writeLines(stream, terminal, options);
  }
  const log = createLogger({ level: 'warn', format: 'line' });
  await useDatabase(readConfig(), log, (store) => writeLines(readLines(store, options), terminal, options));
}

/** Throws WorkFailed when the stream broke off: what is there then is not all. */
export async function writeLines(
  stream: AsyncIterable<Uint8Array>,
  terminal: Terminal,
  { output, json }: ExportOptions,
  copy = copyOut,
): Promise<void> {
  const lines = new Lines(stream);
  if (output === undefined) return copy(lines);
  await writeWhole(output, lines);
  if (json) terminal.json({ file: output, events: lines.count });
  else terminal.line(`${output}: ${lines.count} ${lines.count === 1 ? 'event' : 'events'}`);
}

const EVENTS_A_PIECE = 500;

/** What the api would write. */
async function* readLines(store: Store, { from, to }: ExportOptions): AsyncGenerator<Uint8Array> {
  const range = {
    from: from === undefined ? undefined : new Date(from),
    // The next millisecond: a Date would cut off what was recorded in this one.
    to: to === undefined ? new Date((await store.now()).getTime() + 1) : new Date(to),
  };
  for (let after: EventPlace | null = null, last = false; !last; ) {
    const piece = await readEventPiece(store.db, EVERYTHING, range, { after, size: EVENTS_A_PIECE });
    const lines = piece.events.map((event) => `${visibleJson({ ...event, id: String(event.id) })}\n`);
    yield Buffer.from(lines.join(''));
    after = piece.next;
    last = after === null;
  }
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

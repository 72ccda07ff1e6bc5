import { stderr, stdout } from 'node:process';
import { visibleText } from '#domain';

/** Everything that goes to a person or to a pipe; commands never touch the streams themselves. */
export interface Terminal {
  /** One line; control characters in it are shown, not obeyed. */
  line(text?: string): void;
  /** For what must not be mixed with results, such as progress and errors. */
  note(text: string): void;
  json(value: unknown): void;
  /** One object a line, for a stream of them. */
  jsonLine(value: unknown): void;
  /** Rewrites the last line of a real terminal; does nothing elsewhere. */
  progress(text: string): void;
  readonly interactive: boolean;
  /** How wide a line of results may be. */
  readonly columns: number;
}

/** Beyond this, sentences are hard to read. */
const MOST_COLUMNS = 110;

export function openTerminal(): Terminal {
  const interactive = stderr.isTTY === true;
  // The terminal or the reading end of a pipe may go away; the work does not end for that.
  stdout.on('error', () => undefined);
  stderr.on('error', () => undefined);
  const erase = interactive ? '\r\u001b[2K' : '';
  let progressShown = false;
  const clear = (): void => {
    if (progressShown) stderr.write(erase);
    progressShown = false;
  };
  return {
    interactive,
    get columns() {
      return stdout.isTTY ? Math.min(stdout.columns, MOST_COLUMNS) : MOST_COLUMNS;
    },
    line(text = '') {
      clear();
      stdout.write(`${visibleText(text)}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${visibleText(text)}\n`);
    },
    json(value) {
      clear();
      stdout.write(`${JSON.stringify(value, bigintAsNumber, 2)}\n`);
    },
    jsonLine(value) {
      clear();
      stdout.write(`${JSON.stringify(value, bigintAsNumber)}\n`);
    },
    progress(text) {
      if (!interactive) return;
      stderr.write(`${erase}${visibleText(text).slice(0, (stderr.columns ?? 80) - 1)}`);
      progressShown = true;
    },
  };
}

/** Bytes to the output as they are, no faster than they are taken; what nobody takes any more is not asked for. */
export async function copyOut(pieces: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const piece of pieces) {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    stdout.write(piece, (error) => resolve(!error));
    if (!(await promise)) return;
  }
}

function bigintAsNumber(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const clean = [head, ...rows].map((row) => row.map(visibleText));
  const widths = head.map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

export function size(sizeBytes: number | null | undefined): string {
  if (sizeBytes === null || sizeBytes === undefined) return '-';
  if (sizeBytes < 1000) return `${sizeBytes} B`;
  const units = ['KB', 'MB', 'GB', 'TB'];
  let value = sizeBytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** Local wall-clock time for people; machines get `--json`, where every instant is UTC. */
export function clock(instant: Date): string {
  return instant.toTimeString().slice(0, 8);
}

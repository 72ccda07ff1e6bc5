import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config';
import { createLogger, type Logger } from '#telemetry';
import type { Terminal } from './terminal.ts';

const MAX_BYTES = 10 * 1024 * 1024;

export interface HomeLog {
  log: Logger;
  path: string;
  /** A finished line of another process of this start. */
  append(line: string): void;
  close(): Promise<void>;
}

/**
 * The log of `start` goes to a file in the home, so that the terminal shows deliveries and nothing else; what is an error is
 * shown as well.
 */
export function openHomeLog(config: Config, terminal: Terminal): HomeLog {
  mkdirSync(config.home, { recursive: true });
  const path = join(config.home, 'waybill.log');
  rotate(path);
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A full disk must not end the process for its log's sake.
  file.on('error', () => undefined);
  const append = (line: string): void => {
    file.write(line);
    const record = recordOf(line);
    if (record?.level === 'error')
      terminal.note([record.msg, record.err?.message].filter(Boolean).join(': '));
  };
  const log = createLogger({ level: config.logLevel, format: 'json', write: append });
  return { log, path, append, close: () => new Promise((resolve) => file.end(resolve)) };
}

/** A process that was killed may leave half a line. */
function recordOf(line: string): { level?: string; msg?: string; err?: { message?: string } } | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** One older log is kept. */
function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES) renameSync(path, `${path}.1`);
}

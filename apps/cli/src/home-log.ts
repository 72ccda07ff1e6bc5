import { createWriteStream, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config';
import { createLogger, type Logger } from '#telemetry';
import type { Terminal } from './terminal.ts';

const MAX_BYTES = 10 * 1024 * 1024;

/**
 * The all-in-one's log goes to a file in the home, so that the terminal shows deliveries and nothing else; what is an
 * error is shown as well.
 */
export function openHomeLog(
  config: Config,
  terminal: Terminal,
): { log: Logger; path: string; close(): Promise<void> } {
  mkdirSync(config.home, { recursive: true });
  const path = join(config.home, 'waybill.log');
  rotate(path);
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  // A full disk must not end the process for its log's sake.
  file.on('error', () => undefined);
  const log = createLogger({
    level: config.logLevel,
    format: 'json',
    write(line) {
      file.write(line);
      const record = JSON.parse(line) as { level: string; msg?: string; err?: { message?: string } };
      if (record.level === 'error')
        terminal.note([record.msg, record.err?.message].filter(Boolean).join(': '));
    },
  });
  return { log, path, close: () => new Promise((resolve) => file.end(resolve)) };
}

/** One older log is kept. */
function rotate(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_BYTES) renameSync(path, `${path}.1`);
}

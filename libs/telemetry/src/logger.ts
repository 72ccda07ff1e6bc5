import { type Logger, pino } from 'pino';

export type { Logger };

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json` for machines, `line` for a person at a terminal. */
  format: 'json' | 'line';
  /** Default: standard error, so that standard output stays the product's own voice. */
  write?: (line: string) => void;
}

/** Never logged, whatever object they hang on. */
const SECRET_FIELDS = ['password', 'secret', 'token', 'apiKey', 'authorization', 'key', 'passphrase'];

/** A process's logger; `child({runId, transferId, partner})` binds what the lines are about. */
export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '[secret]' },
    },
    { write: options.format === 'json' ? write : (line: string) => write(asLine(line)) },
  );
}

interface LogRecord {
  level: string;
  time: string;
  msg?: string;
  err?: { message?: string };
  [field: string]: unknown;
}

/** `12:00:03 warn  attempt failed  code=auth_rejected` : short enough for a terminal, nothing left out but stacks. */
function asLine(json: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(json) as LogRecord;
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [
    `${time.slice(11, 19)} ${level.padEnd(5)} ${msg ?? ''}`,
    ...shown,
    ...(err?.message ? [`error="${err.message}"`] : []),
  ];
  return `${parts.join('  ')}\n`;
}

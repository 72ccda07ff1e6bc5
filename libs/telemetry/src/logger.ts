import { type Logger, pino } from 'pino';
import { currentWork } from './work.ts';

export type { Logger };

export interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `json` for machines, `line` for a person at a terminal. */
  format: 'json' | 'line';
  /** Default: standard error, so that standard output stays the product's own voice. */
  write?: (line: string) => void;
}

/** Never logged, however deep in whatever object they hang, spelt in whatever case. */
const SECRET_FIELDS = new Set([
  'password',
  'secret',
  'token',
  'apikey',
  'authorization',
  'cookie',
  'key',
  'passphrase',
]);

/** A process's logger; `child({runId, transferId, partner})` binds what the lines are about. */
export function createLogger(options: LogOptions): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const show = options.format === 'json' ? asJson : asLine;
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...currentWork() }),
    },
    { write: (line: string) => write(show(withoutSecrets(line))) },
  );
}

/** On the finished line, so that serialised errors and bindings of children pass through here as well. */
function withoutSecrets(json: string): LogRecord {
  return JSON.parse(json, (name, value: unknown) => {
    if (SECRET_FIELDS.has(name.toLowerCase())) return '[secret]';
    return typeof value === 'string' ? maskSecrets(value) : value;
  }) as LogRecord;
}

/** Libraries quote the URL they could not connect to, and servers the line they did not like. */
function maskSecrets(text: string): string {
  return text
    .replace(/(:\/\/[^\s:/@]*):\S*@/g, '$1:[secret]@')
    .replace(/\b(PASS|ACCT) +\S[^\r\n]*/g, '$1 [secret]')
    .replace(/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [secret]')
    .replace(/\b(wbk_|wbs_|whsec_)[\w+/=-]+/g, '$1[secret]');
}

function asJson(record: LogRecord): string {
  return `${JSON.stringify(record)}\n`;
}

interface LogRecord {
  level: string;
  time: string;
  msg?: string;
  err?: { message?: string };
  [field: string]: unknown;
}

/** `12:00:03 warn  attempt failed  code=auth_rejected` : short enough for a terminal, nothing left out but stacks. */
function asLine({ level, time, msg, err, ...fields }: LogRecord): string {
  const shown = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const parts = [
    `${time.slice(11, 19)} ${level.padEnd(5)} ${msg ?? ''}`,
    ...shown,
    ...(err?.message ? [`error="${err.message}"`] : []),
  ];
  return `${printable(parts.join('  '))}\n`;
}

/** A partner chooses file names: none of them may move the cursor or fake a second line. */
function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, ERROR_TABLE, TransferError } from './errors.ts';

const documented = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => /^\| `(\w+)` +\| (\w+) +\| (.+?) +\|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, code, retry, sentence]) => ({ code, retry, sentence }));

describe('the error table', () => {
  it('is documented in the README row by row, in the same order and words', () => {
    expect(documented).toEqual(ERROR_CODES.map((code) => ({ code, ...ERROR_TABLE[code] })));
  });
});

describe('TransferError', () => {
  it('takes retry advice and sentence from the table', () => {
    const error = new TransferError('connect_refused', { phase: 'connect' });
    expect(error).toMatchObject({ code: 'connect_refused', retry: 'soon', phase: 'connect' });
    expect(error.message).toBe(ERROR_TABLE.connect_refused.sentence);
  });

  it('turns the unknown into `internal` and keeps the cause', () => {
    const cause = new RangeError('boom');
    const error = TransferError.from(cause, 'stream');
    expect(error).toMatchObject({ code: 'internal', phase: 'stream', detail: 'boom' });
    expect(error.cause).toBe(cause);
  });

  it('leaves a TransferError as it is', () => {
    const error = new TransferError('disk_full', { phase: 'stream' });
    expect(TransferError.from(error, 'list')).toBe(error);
  });
});

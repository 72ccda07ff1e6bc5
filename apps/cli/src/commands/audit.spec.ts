import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeClient } from '#contract';
import { UsageError, WorkFailed } from '../failures.ts';
import type { Terminal } from '../terminal.ts';
import { type ExportOptions, writeLines } from './audit.ts';

const LINES = '{"id":"1"}\n{"id":"2"}\n{"id":"3"}\n';
const WITHOUT_LAST = LINES.slice(0, -11);

let server: Server;
let folder: string;
let answer: (response: ServerResponse) => void;
let asked: string | undefined;
let printed: string[];
const copy = async (pieces: AsyncIterable<Uint8Array>) => {
  for await (const piece of pieces) printed.push(Buffer.from(piece).toString());
};
const terminal: Pick<Terminal, 'line' | 'json'> = {
  line: (text = '') => void printed.push(text),
  json: (value) => void printed.push(JSON.stringify(value)),
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-export-'));
  server = createServer((request, response) => {
    asked = request.url;
    response.setHeader('content-type', 'application/x-ndjson');
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  printed = [];
  answer = (response) => void response.end(LINES);
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function run(options: ExportOptions): Promise<void> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { from, to } = options;
  const stream = await makeClient({ url, key: 'k' }).exportAuditEvents({ query: { from, to } });
  await writeLines(stream, terminal as Terminal, options, copy);
}

/** As an api does that cannot go on: no end of the answer, the connection is gone. */
const breakOff = (response: ServerResponse) => {
  response.write(WITHOUT_LAST, () => response.destroy());
};

describe('waybill audit export', () => {
  it('prints the lines as they come, of the time that is asked for', async () => {
    await run({ from: '2026-01-01T00:00:00.000Z', to: '2026-02-01T00:00:00.000Z' });
    expect(printed.join('')).toBe(LINES);
    expect(asked).toBe(
      '/api/v1/audit/export?from=2026-01-01T00%3A00%3A00.000Z&to=2026-02-01T00%3A00%3A00.000Z',
    );
  });

  it('writes a file that nobody else may read, and says how much is in it', async () => {
    const output = join(folder, 'whole.ndjson');
    await run({ output });
    expect(await readFile(output, 'utf8')).toBe(LINES);
    expect((await stat(output)).mode & 0o777).toBe(0o600);
    expect(printed).toEqual([`${output}: 3 events`]);
    await expect(run({ output })).rejects.toThrow(UsageError);
    expect(await readFile(output, 'utf8')).toBe(LINES);
  });

  it('an answer that breaks off is failed work, and leaves no file that looks whole', async () => {
    answer = breakOff;
    await expect(run({})).rejects.toThrow('broke off after 2 events');
    await expect(run({ output: join(folder, 'half.ndjson') })).rejects.toThrow(WorkFailed);
    expect((await readdir(folder)).filter((name) => name.includes('half'))).toEqual([]);
  });

  it('a folder that is none is failed work, with the path', async () => {
    await writeFile(join(folder, 'file'), '');
    const output = join(folder, 'file', 'x.ndjson');
    await expect(run({ output })).rejects.toThrow(`${output}: cannot be written (ENOTDIR)`);
  });
});

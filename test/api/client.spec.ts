import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CallRefused, type Client, collectPages, makeClient, NoAnswer, OPERATIONS } from '#contract';
import { startWorld, type World } from './support/world.ts';

let world: World;
let client: Client;
beforeAll(async () => {
  world = await startWorld();
  client = makeClient({ url: `${world.api.url}/`, key: world.fuzzer });
});
afterAll(() => world?.close());

describe('the typed client', () => {
  it('has a method for each row of the table, and no other', () => {
    expect(Object.keys(client)).toEqual(Object.keys(OPERATIONS));
  });

  it('triggers, finds and cancels', async () => {
    const run = await client.triggerRun({
      params: { name: 'alpha-in' },
      headers: { 'idempotency-key': 'client-1' },
    });
    expect(run).toMatchObject({ route: 'alpha-in', state: 'queued', idempotencyKey: 'client-1' });
    expect(await client.getRun({ params: { id: run.id } })).toMatchObject({ id: run.id });
    const cancelled = await client.cancelRun({ params: { id: run.id }, body: { reason: 'test' } });
    expect(cancelled.state).toBe('cancelled');
    // A misspelt field, a missing parameter, another type: none of them compiles.
    // @ts-expect-error there is no such field
    const misspelt = () => client.getRun({ params: { run: run.id } });
    // @ts-expect-error a reason is text
    const wrongType = () => client.pauseRoute({ params: { name: 'alpha-in' }, body: { reason: 1 } });
    // @ts-expect-error the decision is missing
    const missing = () => client.resolveTransfer({ params: { id: run.id }, body: { reason: 'x' } });
    // @ts-expect-error a run has no such property
    const unknown = () => run.colour;
    expect([misspelt, wrongType, missing, unknown]).toHaveLength(4);
  });

  it('follows pages to the end, or to the limit', async () => {
    for (let n = 0; n < 5; n++) await client.triggerRun({ params: { name: 'beta-in' } });
    const runs = await collectPages(client, 'listRuns', { query: { route: 'beta-in' } });
    expect(new Set(runs.map(({ id }) => id)).size).toBe(6);
    const two = await collectPages(client, 'listRuns', { query: { route: 'beta-in' } }, 2);
    expect(two).toEqual(runs.slice(0, 2));
  });

  it('gives text as text', async () => {
    expect(await client.getTranscript({ params: { id: world.objects['attempts']!.alpha } })).toContain(
      'dialogue with alpha-server',
    );
    expect(await client.metrics()).toContain('waybill_');
  });

  it('says what was refused, with the code and the fields', async () => {
    const refused = client.snoozeIncident({
      params: { id: world.objects['incidents']!.alpha },
      body: { until: 'tomorrow' },
    });
    await expect(refused).rejects.toMatchObject({
      name: 'CallRefused',
      operation: 'snoozeIncident',
      status: 400,
      problem: { code: 'invalid_request', errors: [{ path: 'body.until' }] },
    });
    await expect(client.getRoute({ params: { name: 'no-such' } })).rejects.toMatchObject({ status: 404 });
  });

  it('keeps every name one segment of the path', async () => {
    for (const name of ['../runs', 'a/b', 'a?b', '..', 'a%2fb', 'a#b'])
      await expect(client.getRoute({ params: { name } }), name).rejects.toBeInstanceOf(CallRefused);
  });

  it('opens a stream of events and leaves it', async () => {
    const stream = await client.streamEvents();
    expect(stream).toBeInstanceOf(ReadableStream);
    await stream.cancel();
  });
});

describe('where no api is', () => {
  let server: Server;
  let answer: { status: number; headers: Record<string, string>; text: string };
  let asked: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.headers.authorization);
      response.writeHead(answer.status, answer.headers).end(answer.text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  const there = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  it('nobody listening is said as that', async () => {
    const nobody = makeClient({ url: 'http://127.0.0.1:1', key: 'k' });
    await expect(nobody.listRuns()).rejects.toBeInstanceOf(NoAnswer);
  });

  it('a page of a proxy is no problem of ours, and the status is told', async () => {
    answer = { status: 502, headers: { 'content-type': 'text/html' }, text: '<h1>Bad gateway</h1>' };
    await expect(makeClient({ url: there(), key: 'k' }).listRuns()).rejects.toMatchObject({
      status: 502,
      problem: undefined,
      message: 'HTTP 502',
    });
  });

  it('the key does not follow to another address', async () => {
    asked = [];
    answer = { status: 307, headers: { location: `${world.api.url}/api/v1/runs` }, text: '' };
    await expect(makeClient({ url: there(), key: 'k' }).listRuns()).rejects.toBeInstanceOf(NoAnswer);
    expect(asked).toEqual(['Bearer k']);
  });
});

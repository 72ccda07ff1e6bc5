import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullPath, listOperations, makeOpenApi, ROLES } from '#contract';
import { describeOperation, exampleCall, withKey } from './support/plan-call.ts';
import { startWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

interface Row {
  operationId: string;
  security?: object[];
  'x-roles'?: string[];
  parameters: { name: string; in: string; required: boolean }[];
  responses: Record<string, { content?: Record<string, object> }>;
}

async function served(): Promise<{ info: { version: string }; paths: Record<string, Record<string, Row>> }> {
  const call = { method: 'GET', path: '/api/v1/openapi.json' };
  const reply = await world.sender.send(withKey(call, world.fuzzer));
  expect(reply.headers['content-type']).toMatch(/^application\/json/);
  return JSON.parse(reply.text);
}

describe('the document that is served', () => {
  it('is the one made from the table, with the version of this package', async () => {
    const document = await served();
    expect(document).toEqual(JSON.parse(JSON.stringify(makeOpenApi(document.info.version))));
    const { default: root } = await import('../../package.json', { with: { type: 'json' } });
    expect(document.info.version).toBe(root.version);
  });

  it('has each operation once, under its own method and address, with its roles', async () => {
    const document = await served();
    const rows = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, row]) => ({ at: `${method.toUpperCase()} ${path}`, row })),
    );
    expect(rows.map(({ at }) => at).sort()).toEqual(
      listOperations()
        .map(({ operation }) => `${operation.method} ${fullPath(operation)}`)
        .sort(),
    );
    expect(new Set(rows.map(({ row }) => row.operationId)).size).toBe(rows.length);
    for (const { at, row } of rows) {
      const { operation } = listOperations().find(({ id }) => id === row.operationId)!;
      expect(`${operation.method} ${fullPath(operation)}`).toBe(at);
      if (Array.isArray(operation.access)) expect(row['x-roles'], at).toEqual(operation.access);
      else expect(row.security, at).toBeDefined();
      for (const role of row['x-roles'] ?? []) expect(ROLES, at).toContain(role);
      for (const { in: place, required } of row.parameters)
        if (place === 'path') expect(required, at).toBe(true);
    }
  });

  it('names no answer without its shape, and for each refusal a problem', async () => {
    for (const methods of Object.values((await served()).paths))
      for (const row of Object.values(methods))
        for (const [status, { content }] of Object.entries(row.responses)) {
          if (status === '204' || status.startsWith('3')) expect(content, row.operationId).toBeUndefined();
          else if (Number(status) < 400)
            expect(Object.keys(content ?? {}), row.operationId).toHaveLength(1 + choicesOf(row.operationId));
          else if (!(row.operationId === 'healthReady' && status === '503'))
            expect(Object.keys(content ?? {}), row.operationId).toEqual(['application/problem+json']);
        }
  });

  /** Of some answers the caller says what they are to be. */
  function choicesOf(operationId: string): number {
    const { success } = listOperations().find(({ id }) => id === operationId)!.operation;
    return 'contentType' in success ? (success.otherTypes?.length ?? 0) : 0;
  }

  it.each(listOperations())(
    'invites to a call of $id that reaches its handler',
    async ({ id, operation }) => {
      const call = exampleCall(describeOperation(id, operation), world, 'alpha');
      const reply = await world.sender.send(withKey(call, world.fuzzer));
      // Refused for its state perhaps, never for the way it is written.
      expect([405, 413, 415, 431, 500, 503], reply.text).not.toContain(reply.status);
      if (reply.status === 401) expect(JSON.parse(reply.text).code).not.toBe('unauthenticated');
      if (reply.status === 400) expect(JSON.parse(reply.text).code, reply.text).not.toBe('invalid_json');
      const [type] = (reply.headers['content-type'] ?? '').split(';');
      const { success } = operation;
      if (reply.status < 300 && 'contentType' in success) expect(type).toBe(success.contentType);
      if (reply.status < 300 && 'schema' in success) expect(type).toBe('application/json');
      await world.restore();
    },
  );
});

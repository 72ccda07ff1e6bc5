import { describe, expect, it } from 'vitest';
import { ROLES } from '#domain';
import { makeOpenApi } from './open-api.ts';
import { fullPath, listOperations } from './operations.ts';

const document = makeOpenApi('1.2.3');

/** What may be asked without an identity; a new one is a decision, not an accident. */
const OPEN = [
  'healthLive',
  'healthReady',
  'metrics',
  'signIn',
  'getSignInWays',
  'beginOidcSignIn',
  'finishOidcSignIn',
];

describe('makeOpenApi', () => {
  it('describes every row of the table and nothing else', () => {
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, row]) => [
        `${method.toUpperCase()} ${path}`,
        (row as { operationId: string }).operationId,
      ]),
    );
    const table = listOperations().map(({ id, operation }) => [
      `${operation.method} ${fullPath(operation)}`,
      id,
    ]);
    expect(described.toSorted()).toEqual(table.toSorted());
  });

  it('refers only to components that it has', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    const names = new Set([...references].map(([, name]) => name));
    expect(names.size).toBeGreaterThan(5);
    for (const name of names) expect(document.components.schemas).toHaveProperty(name!);
    expect(JSON.stringify(document)).not.toMatch(/"\$ref":"(?!#\/components\/schemas\/)/);
  });

  it('names each parameter of a path', () => {
    for (const { id, operation } of listOperations()) {
      const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(Object.keys(operation.params?.shape ?? {}), id).toEqual(inPath);
    }
  });

  it('leaves no operation without a decision about access', () => {
    for (const { id, operation } of listOperations()) {
      if (typeof operation.access === 'string') expect(OPEN).toContain(id);
      else {
        expect(operation.access.length, id).toBeGreaterThan(0);
        for (const role of operation.access) expect(ROLES).toContain(role);
        // Everybody looks after his own account; all else that changes something is not for those who look.
        if (operation.method === 'GET' || operation.only?.startsWith('persons')) continue;
        // What is asked does not fit an address; nothing is changed.
        if (id === 'previewUnsavedSchedule') continue;
        expect(operation.access, id).not.toContain('viewer');
        expect(operation.access, id).not.toContain('auditor');
      }
    }
  });
});

import { describe, expect, it } from 'vitest';
import { lookRequestOf, parametersOfSource, valuesFor } from './look-request.ts';

const route = {
  source: {
    endpoint: 'acme',
    path: '/out/{param.day}',
    select: ['{param.desk}-*.csv', '*.txt'],
    exclude: ['x{param.day}'],
    settleMs: 0,
  },
  workerTag: 'dmz',
  parameters: { day: { pattern: '\\d{8}' }, desk: { pattern: '.*', default: 'fx' } },
};

describe('what a look is asked for', () => {
  it('has what a run would be given instead of parameters', () => {
    expect(parametersOfSource(route)).toEqual(['day', 'desk']);
    expect(lookRequestOf(route, valuesFor(route, { day: '20261121' }))).toEqual({
      endpoint: 'acme',
      workerTag: 'dmz',
      body: {
        path: '/out/20261121',
        select: ['fx-*.csv', '*.txt'],
        exclude: ['x20261121'],
        settleMs: 0,
      },
    });
  });

  it('leaves what nobody has said to the api, which says so', () => {
    expect(lookRequestOf(route, valuesFor(route, { day: '' }))?.body).toMatchObject({
      path: '/out/{param.day}',
    });
  });

  it('takes nothing of an expression for a parameter', () => {
    const source = { endpoint: 'acme', path: '/', regex: '{param.day}' };
    expect(lookRequestOf({ source }, { day: '1' })?.body).toEqual({ path: '/', regex: '{param.day}' });
    expect(parametersOfSource({ source })).toEqual([]);
  });

  it.each([[{}], [{ source: {} }], [{ source: { endpoint: 'acme' } }], [{ source: { path: '/' } }]])(
    'is nothing yet where there is no place to look at: %j',
    (given) => {
      expect(lookRequestOf(given, {})).toBeUndefined();
    },
  );
});

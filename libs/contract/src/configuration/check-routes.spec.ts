import { describe, expect, it } from 'vitest';
import { exportConfiguration } from './export-configuration.ts';
import { type ParseOptions, parseConfiguration } from './parse-configuration.ts';

const options: ParseOptions = {
  fileName: 'exchange.yaml',
  readFile: () => undefined,
  validateCron: () => undefined,
  validateEncoding: () => undefined,
  allowedLegacyPolicies: [],
};

/** `source` and what follows it stand on lines 8 and 10. */
function fileWith({ source = '', route = '', name = '{name}' } = {}): string {
  return `apiVersion: waybill/v1
endpoints:
  - {name: outbox, protocol: local, root: /srv/outbox}
  - {name: inbox, protocol: local, root: /srv/inbox}
routes:
  - name: nightly
    source:
      {endpoint: outbox, path: /out${source === '' ? '' : `, ${source}`}}
    destination: {endpoint: inbox, path: /in, name: "${name}"}
    ${route}
`;
}

function problemsOf(text: string) {
  const parsed = parseConfiguration(text, options);
  return parsed.ok ? [] : parsed.problems;
}

function routeOf(text: string) {
  const parsed = parseConfiguration(text, options);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.configuration.routes[0]!;
}

describe('a route is refused with file, line and words for', () => {
  it.each<[string, Parameters<typeof fileWith>[0], number, string, string]>([
    [
      'globs beside a regular expression',
      { source: `select: ["*.csv"], regex: '.*'` },
      8,
      'source.select',
      'exclude each other',
    ],
    [
      'an empty list of globs beside one',
      { source: `select: [], regex: '.*'` },
      8,
      'source.select',
      'exclude each other',
    ],
    ['an empty list of globs', { source: 'select: []' }, 8, 'source.select', 'selects nothing'],
    ['a bracket that does not close', { source: `regex: '[a-'` }, 8, 'source.regex', 'missing closing ]'],
    ['a look-ahead', { source: `regex: '(?=a).*'` }, 8, 'source.regex', 'no look-around'],
    ['a back reference', { source: `regex: '(a)\\1'` }, 8, 'source.regex', 'no back references'],
    [
      'a repetition that would fill the memory',
      { source: `regex: '((a{1000}){1000}){1000}'` },
      8,
      'source.regex',
      'not a regular expression',
    ],
    [
      'repetitions that multiply',
      { source: `regex: '${'(a{0,1000})'.repeat(20)}'` },
      8,
      'source.regex',
      'more steps than any name needs',
    ],
    ['an empty expression', { source: `regex: ''` }, 8, 'source.regex', 'selects nothing'],
    ['an endless expression', { source: `regex: '${'a'.repeat(1_001)}'` }, 8, 'source.regex', 'at most 1000'],
    [
      'one marker for all files',
      { source: 'marker: all.done' },
      8,
      'source.marker',
      'it needs {name} or {stem}',
    ],
    [
      'a marker of the extension only',
      { source: `marker: "x{extension}"` },
      8,
      'source.marker',
      'it needs {name} or {stem}',
    ],
    [
      'a marker without text of its own',
      { source: `marker: "{stem}{extension}"` },
      8,
      'source.marker',
      'every file would be a marker',
    ],
    [
      'a marker in another folder',
      { source: `marker: "done/{name}"` },
      8,
      'source.marker',
      'beside its file',
    ],
    [
      'a marker that names the day',
      { source: `marker: "{name}.{date}"` },
      8,
      'source.marker',
      '{date} is not known',
    ],
    ['an empty marker', { source: `marker: ""` }, 8, 'source.marker', 'a name'],
    [
      'a window in a zone that does not exist',
      { route: 'window: {from: "20:00", to: "06:00", timezone: Europe/Londn}' },
      10,
      'window.timezone',
      'not an IANA time zone',
    ],
    [
      'a window in an offset',
      { route: 'window: {from: "20:00", to: "06:00", timezone: "+01:00"}' },
      10,
      'window.timezone',
      'not an IANA time zone',
    ],
    [
      'a window of no length',
      { route: 'window: {from: "20:00", to: "20:00", timezone: UTC}' },
      10,
      'window.to',
      'of no length',
    ],
    [
      'a window without a zone',
      { route: 'window: {from: "20:00", to: "21:00"}' },
      10,
      'window.timezone',
      'is missing',
    ],
    [
      'a time that no clock shows',
      { route: 'window: {from: "24:00", to: "06:00", timezone: UTC}' },
      10,
      'window.from',
      'a time of day',
    ],
    [
      'a time that YAML reads as a number',
      { route: 'window: {from: 2000, to: "06:00", timezone: UTC}' },
      10,
      'window.from',
      'must be text',
    ],
    [
      'an unknown part of a window',
      { route: 'window: {form: "20:00", to: "06:00", timezone: UTC}' },
      10,
      'window.form',
      'unknown key',
    ],
    ['a worker tag that needs quoting', { route: 'workerTag: "a b"' }, 10, 'workerTag', 'a name is'],
    [
      'an unknown placeholder',
      { name: '{stem}-{counter}' },
      9,
      'destination.name',
      '{counter} is not known; there are {name}, {stem}, {extension}, {date}, {time}',
    ],
    [
      'a name that is too long for any server',
      { name: 'n'.repeat(256) },
      9,
      'destination.name',
      'at most 255',
    ],
  ])('%s', (_, parts, line, path, words) => {
    const problems = problemsOf(fileWith(parts));
    expect(problems).toContainEqual(
      expect.objectContaining({
        file: 'exchange.yaml',
        line,
        path: `routes[0].${path}`,
        message: expect.stringContaining(words),
      }),
    );
  });

  it('a misspelt zone, naming the one that was meant', () => {
    const text = fileWith({ route: 'window: {from: "20:00", to: "06:00", timezone: Europe/Londn}' });
    expect(problemsOf(text)[0]?.nearest).toBe('Europe/London');
  });
});

describe('a route from a server to itself', () => {
  const around = (endpoint: string) => `apiVersion: waybill/v1
partners: [{name: acme}]
endpoints:
  - ${endpoint}
routes:
  - name: around
    source: {endpoint: same, path: /out}
    destination: {endpoint: same, path: /in}
`;
  const ftps =
    'name: same, partner: acme, protocol: ftps, host: h, username: u, password: {env: P}, maxSessions:';

  it('needs two sessions of it', () => {
    expect(problemsOf(around(`{${ftps} 1}`))).toMatchObject([
      {
        line: 8,
        path: 'routes[0].destination.endpoint',
        message: expect.stringContaining('two sessions at once'),
      },
    ]);
    expect(problemsOf(around(`{${ftps} 2}`))).toEqual([]);
    expect(problemsOf(around('{name: same, protocol: local, root: /srv, maxSessions: 1}'))).toEqual([]);
  });
});

describe('a route takes', () => {
  it('a window over midnight, a worker tag, a marker', () => {
    const text = fileWith({
      source: 'marker: "{name}.done"',
      route: 'window: {from: "20:00", to: "06:00", timezone: Europe/London}\n    workerTag: dmz',
    });
    expect(routeOf(text)).toMatchObject({
      source: { marker: '{name}.done', select: ['*'] },
      window: { from: '20:00', to: '06:00', timezone: 'Europe/London' },
      workerTag: 'dmz',
    });
  });

  it('a regular expression instead of globs', () => {
    const { source } = routeOf(fileWith({ source: `regex: 'POS_\\d{8}\\.csv'` }));
    expect(source).toMatchObject({ regex: 'POS_\\d{8}\\.csv', select: [] });
  });

  it('a name with the date and time of its run', () => {
    expect(routeOf(fileWith({ name: '{stem}-{date}T{time}{extension}' })).destination.name).toBe(
      '{stem}-{date}T{time}{extension}',
    );
  });
});

describe('the export', () => {
  it('says nothing of what a route does not use', () => {
    const text = exportConfiguration({ partners: [], endpoints: [], routes: [routeOf(fileWith())] });
    for (const key of ['regex', 'marker', 'window', 'workerTag']) expect(text).not.toContain(key);
    const selecting = routeOf(fileWith({ source: `regex: '.*'` }));
    expect(exportConfiguration({ partners: [], endpoints: [], routes: [selecting] })).not.toContain('select');
  });
});

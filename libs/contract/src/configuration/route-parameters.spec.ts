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

function fileWith(
  parameters: string,
  { path = '/out/{param.day}', source = '', to = '/in', name = '{name}', more = '' } = {},
): string {
  return `apiVersion: waybill/v1
endpoints:
  - {name: outbox, protocol: local, root: /srv/outbox}
  - {name: inbox, protocol: local, root: /srv/inbox}
routes:
  - name: nightly
    parameters: ${parameters}
    source: {endpoint: outbox, path: "${path}"${source === '' ? '' : `, ${source}`}}
    destination: {endpoint: inbox, path: "${to}", name: "${name}"}
    ${more}
`;
}

const DAY = String.raw`{day: {pattern: '\d{8}'}}`;
const SCHEDULE = 'schedule: {cron: "0 2 * * *", timezone: UTC}';

function problemsOf(text: string) {
  const parsed = parseConfiguration(text, options);
  return parsed.ok ? [] : parsed.problems.map(({ path, message, nearest }) => ({ path, message, nearest }));
}

describe('parameters of a route', () => {
  it('may stand in folders, patterns and the name at the destination, and survive an export', () => {
    const text = fileWith(
      String.raw`{day: {pattern: '\d{8}', default: '20261121'}, kind: {pattern: 'a|b'}}`,
      {
        source: 'select: ["{param.kind}-*.csv"], exclude: ["*.{tmp,{param.day}}"]',
        to: '/in/{param.kind}',
        name: '{param.day}-{name}',
      },
    );
    const parsed = parseConfiguration(text, options);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    expect(parsed.configuration.routes[0]?.parameters).toEqual({
      day: { pattern: String.raw`\d{8}`, default: '20261121' },
      kind: { pattern: 'a|b' },
    });
    const again = parseConfiguration(exportConfiguration(parsed.configuration), options);
    expect(again).toEqual(parsed);
  });

  it.each<[string, string, Parameters<typeof fileWith>[1], string, string]>([
    [
      'is asked for and not declared',
      DAY,
      { path: '/out/{param.day}', name: '{param.dya}-{name}' },
      'routes[0].destination.name',
      'no parameter `dya`',
    ],
    [
      'is declared and not asked for',
      DAY,
      { path: '/out' },
      'routes[0].parameters.day',
      'nothing of the route',
    ],
    [
      'stands in a regular expression',
      DAY,
      { source: `regex: 'x{param.day}'` },
      'routes[0].source.regex',
      'only',
    ],
    [
      'stands in the archive',
      DAY,
      { more: 'afterDelivery: {source: archive, to: "/done/{param.day}"}' },
      'routes[0].afterDelivery.to',
      'only',
    ],
    ['has no pattern', '{day: {}}', {}, 'routes[0].parameters.day.pattern', 'is missing'],
    ['has a pattern that is none', `{day: {pattern: '['}}`, {}, 'routes[0].parameters.day.pattern', 'RE2'],
    [
      'has a default that its pattern refuses',
      String.raw`{day: {pattern: '\d{8}', default: '2026112'}}`,
      {},
      'routes[0].parameters.day.default',
      'its own pattern',
    ],
    [
      'has a default that leaves its folder',
      `{day: {pattern: '.*', default: '..'}}`,
      {},
      'routes[0].parameters.day.default',
      'another folder',
    ],
    [
      'has no default for its schedule',
      DAY,
      { more: SCHEDULE },
      'routes[0].parameters.day',
      'a schedule gives no values',
    ],
    [
      'has a name that templates cannot say',
      `{a-b: {pattern: 'x'}}`,
      { path: '/out/{param.a-b}' },
      'routes[0].parameters.a-b',
      'letters, digits',
    ],
    [
      'has a name that every object has',
      `{constructor: {pattern: 'x'}}`,
      { path: '/out/{param.constructor}' },
      'routes[0].parameters.constructor',
      'letters, digits',
    ],
    [
      'has unknown keys',
      `{day: {pattern: x, patern: y}}`,
      {},
      'routes[0].parameters.day.patern',
      'unknown key',
    ],
  ])('are refused with place and words where one %s', (_, parameters, rest, path, words) => {
    const found = problemsOf(fileWith(parameters, rest)).find((problem) => problem.path === path);
    expect(found?.message).toContain(words);
  });

  it('names the one that was meant', () => {
    const [problem] = problemsOf(fileWith(DAY, { path: '/out/{param.day}/{param.dya}' }));
    expect(problem).toMatchObject({ path: 'routes[0].source.path', nearest: 'day' });
  });

  it('need no value of a schedule where they have a default', () => {
    expect(problemsOf(fileWith(`{day: {pattern: x, default: x}}`, { more: SCHEDULE }))).toEqual([]);
  });
});

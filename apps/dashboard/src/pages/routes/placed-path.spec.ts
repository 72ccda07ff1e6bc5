import { describe, expect, it } from 'vitest';
import { placedPath } from './placed-path.ts';

const moment = {
  at: new Date('2026-07-01T23:30:05Z'),
  timezone: 'Europe/Berlin',
  parameters: { day: '{name}', desk: 'fx' },
};
const places = { source: '/out', destination: '/in', name: '{name}' };

describe('where a file would go', () => {
  it.each([
    ['/out/a.csv', {}, '/in/a.csv'],
    ['/out/sub/deep/a.csv', {}, '/in/sub/deep/a.csv'],
    ['/a.csv', { source: '/' }, '/in/a.csv'],
    ['/sub/a.csv', { source: '/', destination: '/' }, '/sub/a.csv'],
    ['/out/a.csv', { destination: '/' }, '/a.csv'],
    ['/out/a.tar.gz', { name: '{stem}-{date}T{time}{extension}' }, '/in/a.tar-20260702T013005.gz'],
    ['/out/README', { name: '{stem}.old{extension}' }, '/in/README.old'],
    ['/out/.profile', { name: '{stem}|{extension}|' }, '/in/.profile||'],
    ['/out/{date}.csv', {}, '/in/{date}.csv'],
    ['/out/a.csv', { name: '{param.desk}-{param.day}-{unknown}' }, '/in/fx-{name}-{unknown}'],
  ])('%s with %j: %s', (found, differs, placed) => {
    expect(placedPath(found, { ...places, ...differs }, moment)).toBe(placed);
  });

  it('has no answer where the template makes no name', () => {
    expect(placedPath('/out/README', { ...places, name: '{extension}' }, moment)).toBeUndefined();
    expect(placedPath('/out/a', { ...places, name: 'x/{name}' }, moment)).toBeUndefined();
    expect(placedPath('/out/a.', { ...places, name: '{extension}' }, moment)).toBeUndefined();
  });

  it('has an answer while the zone is still being typed', () => {
    const typing = { ...moment, timezone: 'Europe/Ber' };
    expect(placedPath('/out/a', { ...places, name: '{date}' }, typing)).toBe('/in/20260701');
  });
});

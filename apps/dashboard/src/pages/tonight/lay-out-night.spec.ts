import { describe, expect, it } from 'vitest';
import type { Run, UpcomingFiresObject } from '#contract';
import { layOutNight } from './lay-out-night.ts';
import { spanOf, ticksOf, tickText, windowAround } from './time-window.ts';

const NOW = Date.parse('2026-11-21T02:00:30Z');
const window = windowAround(NOW, '12h');
const partnersOf = new Map([
  ['positions', ['acme']],
  ['claims', ['zenith']],
  ['between', ['acme', 'zenith']],
]);

function aRun(given: Partial<Run> & { at: string }): Run {
  const { at, ...said } = given;
  return {
    id: `${said.route} ${at}`,
    route: 'positions',
    state: 'delivered',
    createdAt: `2026-11-21T${at}Z`,
    startedAt: `2026-11-21T${at}Z`,
    finishedAt: new Date(Date.parse(`2026-11-21T${at}Z`) + 60_000).toISOString(),
    ...said,
  } as Run;
}

function aFire(route: string, at: string): UpcomingFiresObject['fires'][number] {
  return { route, dueAt: `2026-11-21T${at}Z` } as UpcomingFiresObject['fires'][number];
}

function rows(runs: Run[], fires: UpcomingFiresObject['fires'] = []) {
  return layOutNight({ runs, fires, partnersOf, window, now: NOW, finest: 0.005 });
}

describe('the time line of a night', () => {
  it('has a row for each partner, and those with trouble come first', () => {
    const found = rows([
      aRun({ at: '01:00:00' }),
      aRun({ at: '01:10:00', route: 'claims', state: 'failed' }),
      aRun({ at: '01:20:00', route: 'own' }),
    ]);
    expect(found.map(({ partner, trouble }) => [partner, trouble])).toEqual([
      ['zenith', [{ state: 'failed', count: 1 }]],
      ['acme', []],
      [null, []],
    ]);
  });

  it('shows what goes from partner to partner with both', () => {
    expect(rows([aRun({ at: '01:00:00', route: 'between' })]).map(({ partner }) => partner)).toEqual([
      'acme',
      'zenith',
    ]);
  });

  it('makes one mark of runs that would cover each other, and counts them', () => {
    const [row] = rows(['01:00:00', '01:01:00', '01:02:00', '01:30:00'].map((at) => aRun({ at })));
    expect(row!.marks.map(({ runs }) => runs.length)).toEqual([3, 1]);
  });

  it('never hides a failed run among those that went well', () => {
    const [row] = rows([
      aRun({ at: '01:00:00' }),
      aRun({ at: '01:00:30', state: 'failed' }),
      aRun({ at: '01:01:00' }),
    ]);
    expect(row!.marks.map(({ tone, runs }) => [tone, runs.length])).toEqual([
      ['good', 2],
      ['bad', 1],
    ]);
  });

  it('draws a run that is under way up to now, and one from before the window from its edge', () => {
    const [row] = rows([
      aRun({ at: '01:30:00', state: 'running', finishedAt: null }),
      aRun({ at: '00:00:00', startedAt: '2026-11-20T10:00:00Z', finishedAt: '2026-11-20T19:00:00Z' }),
    ]);
    const [before, running] = row!.marks;
    expect(before!.begin).toBe(0);
    expect(running!.tone).toBe('busy');
    expect(running!.end).toBeCloseTo((NOW - window.from) / (window.until - window.from), 6);
  });

  it('leaves out what is outside of the window', () => {
    const old = { startedAt: '2026-11-20T01:00:00Z', finishedAt: '2026-11-20T01:01:00Z' };
    expect(rows([aRun({ at: '01:00:00', ...old })])[0]!.marks).toEqual([]);
  });

  it('keeps what comes apart from what was', () => {
    const [row] = rows(
      [aRun({ at: '01:59:30' })],
      [aFire('positions', '02:00:40'), aFire('positions', '02:01:40')],
    );
    expect(row!.marks.map(({ runs, fires }) => [runs.length, fires.length])).toEqual([
      [1, 0],
      [0, 2],
    ]);
  });
});

describe('the window', () => {
  it('is the usual one where the address says something else', () => {
    expect([spanOf('3h'), spanOf(undefined), spanOf('constructor'), spanOf('1y')]).toEqual([
      '3h',
      '12h',
      '12h',
      '12h',
    ]);
  });

  it('is divided at full hours of the clock that is shown', () => {
    const shown = (offsetMs: number) =>
      ticksOf(window, offsetMs).map((tick) => new Date(tick + offsetMs).toISOString().slice(11, 16));
    expect(shown(0)).toEqual(['18:00', '20:00', '22:00', '00:00', '02:00', '04:00', '06:00']);
    const india = 5.5 * 3_600_000;
    expect(shown(india)).toEqual(['00:00', '02:00', '04:00', '06:00', '08:00', '10:00']);
  });

  it('names the day where one begins', () => {
    expect(tickText(Date.parse('2026-11-21T23:00:00Z'), 'Europe/Berlin')).toBe('22 Nov');
    expect(tickText(Date.parse('2026-11-21T23:00:00Z'), 'UTC')).toBe('23:00');
    expect(tickText(Date.parse('2026-11-21T23:00:00Z'), 'America/New_York')).toBe('18:00');
  });
});

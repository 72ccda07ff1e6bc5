import { expect, it } from 'vitest';
import type { KeyObject } from '#contract';
import { inUseFirst, standingOf } from './key-standing.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const key = (change: Partial<KeyObject>): KeyObject => ({
  name: 'erp',
  role: 'operator',
  partners: 'all',
  routes: 'all',
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'anna',
  person: 'anna',
  stopped: false,
  lastUsedAt: null,
  expiresAt: null,
  revokedAt: null,
  ...change,
});

it('tells what a key opens now', () => {
  expect(standingOf(key({}), NOW).says).toBe('active');
  expect(standingOf(key({ expiresAt: '2026-11-22T12:00:00.000Z' }), NOW).says).toBe('expires soon');
  expect(standingOf(key({ expiresAt: '2026-11-21T11:00:00.000Z' }), NOW).says).toBe('expired');
  expect(standingOf(key({ stopped: true }), NOW)).toMatchObject({ says: 'stopped', tone: 'bad' });
  expect(standingOf(key({ stopped: true, revokedAt: '2026-02-01T00:00:00.000Z' }), NOW).says).toBe('revoked');
});

it('puts the keys that open something first', () => {
  const keys = [
    key({ name: 'a', revokedAt: '2026-02-01T00:00:00.000Z' }),
    key({ name: 'c' }),
    key({ name: 'b' }),
  ];
  expect(inUseFirst(keys, NOW).map(({ name }) => name)).toEqual(['b', 'c', 'a']);
});

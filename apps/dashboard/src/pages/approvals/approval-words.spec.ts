import { describe, expect, it } from 'vitest';
import { actorText, headline, isOwn, longestFirst } from './approval-words.ts';

const asked = (kind: 'user' | 'api_key' | 'system', name: string) => ({ requestedBy: { kind, name } });
const anna = { kind: 'person', name: 'anna' } as const;

describe('who asked', () => {
  it('is not the second person', () => {
    expect(isOwn(asked('user', 'anna'), anna, [])).toBe(true);
    expect(isOwn(asked('user', 'berta'), anna, [])).toBe(false);
  });

  it('is not by a key of his either', () => {
    const keys = [{ name: 'erp', person: 'anna' }];
    expect(isOwn(asked('api_key', 'erp'), anna, keys)).toBe(true);
    expect(isOwn(asked('api_key', 'other'), anna, keys)).toBe(false);
  });

  it('is another one where a key is called like the person', () => {
    expect(isOwn(asked('api_key', 'anna'), anna, [])).toBe(false);
  });

  it('is told apart from keys in words', () => {
    expect(actorText({ kind: 'user', name: 'anna' })).toBe('anna');
    expect(actorText({ kind: 'api_key', name: 'erp' })).toBe('the API key erp');
  });
});

it('begins with what has waited longest', () => {
  const approvals = [
    { requestedAt: '2026-11-21T12:00:00.000Z' },
    { requestedAt: '2026-11-20T12:00:00.000Z' },
  ];
  expect(longestFirst(approvals)[0]).toBe(approvals[1]);
});

it('begins its headline as a sentence', () => {
  expect(headline({ summary: 'make the API key erp' })).toBe('Make the API key erp');
});

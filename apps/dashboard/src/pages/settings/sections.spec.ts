import { expect, it } from 'vitest';
import { chooseSection, SECTIONS, sectionsFor } from './sections.ts';

it('shows everybody his account, his sessions and what roles may', () => {
  const own = sectionsFor((id) => id === 'getMe' || id === 'listSessions');
  expect(own.map(({ id }) => id)).toEqual(['account', 'sessions', 'roles']);
});

it('begins with the first part of its reader, and knows no part that is not his', () => {
  const own = sectionsFor((id) => id === 'getMe');
  expect(chooseSection(undefined, own)?.id).toBe('account');
  expect(chooseSection('roles', own)?.id).toBe('roles');
  expect(chooseSection('users', own)).toBeUndefined();
  expect(chooseSection('nonsense', SECTIONS)).toBeUndefined();
});

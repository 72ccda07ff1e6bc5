import { expect, it } from 'vitest';
import { wayBack } from './way-back.ts';

it('leads back to the page that was asked for, letter by letter', () => {
  for (const page of ['/runs', '/', '/transfers?contains=a%26b%2B%23&state=failed', '/routes/a%2Fb#x'])
    expect(wayBack(page)).toBe(page);
});

it('never leads elsewhere, whatever an address says', () => {
  for (const other of [
    undefined,
    '',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
    'https://evil.example/runs',
    'javascript:alert(1)',
    'data:text/html,x',
    'http://[',
    '/sign-in?to=/sign-in',
  ])
    expect(wayBack(other)).toBe('/');
});

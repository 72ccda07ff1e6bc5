import { z } from 'zod';

const THIS_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Tokens, codes and cookies travel there: in clear only within this machine. The host is asked of the parser that
 * dials it too: no name that only begins with `localhost`, and no user name that looks like an address.
 */
export const safeUrl = z.string().refine(isSafe, {
  message: 'must be a URL beginning with https://, or http:// on this machine',
});

function isSafe(text: string): boolean {
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return true;
  return url?.protocol === 'http:' && THIS_MACHINE.has(url.hostname);
}

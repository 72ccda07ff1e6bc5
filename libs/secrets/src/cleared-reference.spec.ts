import { expect, it } from 'vitest';
import { resolveSecret, resolveSecretBytes } from './resolve-secret.ts';

it.each([
  ['text', resolveSecret],
  ['bytes', resolveSecretBytes],
])('a cleared reference has no %s, and the refusal says why and what to do', async (_, resolve) => {
  const sources = {
    environment: () => {
      throw new Error('nothing was to be asked');
    },
    named: () => Promise.reject(new Error('nothing was to be asked')),
  };
  await expect(resolve({ cleared: true }, sources)).rejects.toMatchObject({
    code: 'secret_unavailable',
    phase: 'connect',
    detail: expect.stringMatching(
      /has no credentials: its host, port or proxy was changed, .*Give them anew/,
    ),
  });
});

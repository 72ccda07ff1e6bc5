import { z } from 'zod';
import type { Operation } from './operation.ts';

/** Sign-in of persons at the installation's identity provider: two redirects of a browser. */
export const OIDC = {
  beginOidcSignIn: {
    method: 'GET',
    path: '/sign-in/oidc',
    summary: 'Sends the browser to the identity provider (authorization code with PKCE)',
    access: 'public',
    success: {
      status: 303,
      description: 'To the provider; a browser that is refused goes to /sign-in?refused=REASON',
      empty: true,
    },
    problems: ['not_found', 'unavailable', 'https_required'],
  },
  finishOidcSignIn: {
    method: 'GET',
    path: '/sign-in/oidc/callback',
    summary:
      'Takes the answer of the provider, once and from the browser that began; opens a session in the cookie `__Host-waybill`',
    access: 'public',
    query: z.looseObject({
      state: z.string().max(200).optional(),
      code: z.string().max(4_000).optional(),
      error: z.string().max(200).optional(),
    }),
    success: {
      status: 303,
      description: 'To the dashboard, signed in; a browser that is refused goes to /sign-in?refused=REASON',
      empty: true,
    },
    problems: ['not_found', 'sign_in_refused', 'unavailable'],
  },
} as const satisfies Record<string, Operation>;

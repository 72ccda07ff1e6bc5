import { installationSchema, signInWaysSchema } from './installation-objects.ts';
import { AUDIT, type Operation } from './operation.ts';

/** How this installation is set up. */
export const INSTALLATION = {
  getInstallation: {
    method: 'GET',
    path: '/installation',
    summary: 'How this installation is set up, as far as it is no secret',
    access: AUDIT,
    only: 'whole_installation',
    success: { status: 200, description: 'Its settings', schema: installationSchema },
  },
  getSignInWays: {
    method: 'GET',
    path: '/sign-in',
    summary: 'Which ways to sign in there are',
    access: 'public',
    success: { status: 200, description: 'What a sign-in page may offer', schema: signInWaysSchema },
  },
} as const satisfies Record<string, Operation>;

import { call } from '../api/call.ts';
import { Refused } from '../api/problem.ts';
import { tellOtherTabs } from './other-tabs.ts';

const SIGN_IN = '/sign-in';

/**
 * Ends the session in every tab of the browser.
 * @throws what the api says where the session goes on
 */
export async function signOut(): Promise<void> {
  try {
    await call('signOut');
  } catch (error) {
    // It is over already: that is what was wanted.
    if (!(error instanceof Refused && error.code === 'unauthenticated')) throw error;
  }
  tellOtherTabs({ kind: 'signed_out' });
  leaveThePage();
}

/** Loaded anew, so that nothing stays in memory of what was read before. */
export function leaveThePage(): void {
  if (window.location.pathname !== SIGN_IN) window.location.replace(SIGN_IN);
}

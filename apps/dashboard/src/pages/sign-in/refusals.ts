/** Why the identity provider's way did not work, as the api sends the browser back with: never any text from an address. */
const REFUSALS: Readonly<Record<string, string>> = {
  sign_in_refused:
    'The answer of the identity provider was not accepted. Try again, and if that does not help, ask an admin.',
  not_begun:
    'This sign-in was not begun in this browser, was used already, or took longer than ten minutes. Begin anew.',
  groups: 'You are known at the identity provider, but none of your groups has a role here. Ask an admin.',
  name: 'There is a user of your name here already who signs in with a password. Ask an admin.',
  disabled: 'Your account is disabled here. Ask an admin.',
  partners: 'Your groups give you partners that do not exist here. Ask an admin.',
  last_admin:
    'Your groups take away the rights of the last admin. Somebody has to stay admin: ask for another one first.',
  unavailable:
    'The identity provider does not answer. Try again in a minute, or sign in with a password if you have one.',
  too_many_requests: 'That was too often. Try again in a minute.',
  https_required: 'This works over https alone.',
};

/** undefined: nothing was refused. A code that nobody knows is said in general. */
export function refusalText(code: string | undefined): string | undefined {
  if (code === undefined || code === '') return undefined;
  return Object.hasOwn(REFUSALS, code)
    ? REFUSALS[code]
    : 'The sign-in was refused. Try again, or ask an admin.';
}

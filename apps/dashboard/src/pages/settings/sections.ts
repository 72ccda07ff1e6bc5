import type { OperationId } from '#contract';

/** Parts of the settings, as they stand in the address. */
export const SECTIONS = [
  { id: 'account', title: 'Account', needs: 'getMe' },
  { id: 'users', title: 'Users', needs: 'listUsers' },
  { id: 'keys', title: 'API keys', needs: 'listKeys' },
  { id: 'sessions', title: 'Sessions', needs: 'listSessions' },
  { id: 'secrets', title: 'Secrets', needs: 'listSecrets' },
  { id: 'roles', title: 'Roles', needs: 'getMe' },
  { id: 'installation', title: 'Installation', needs: 'getInstallation' },
] as const satisfies readonly { id: string; title: string; needs: OperationId }[];

export type Section = (typeof SECTIONS)[number];
export type SectionId = Section['id'];

/** Those that somebody may see. */
export function sectionsFor(may: (id: OperationId) => boolean): Section[] {
  return SECTIONS.filter(({ needs }) => may(needs));
}

/** What the address names; the first one that is of use to him where it names none. undefined: there is no such part for him. */
export function chooseSection(named: string | undefined, own: readonly Section[]): Section | undefined {
  return named === undefined ? own[0] : own.find(({ id }) => id === named);
}

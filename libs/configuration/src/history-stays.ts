import { findRecord, findReferrer, type Referrer, type StoredConfiguration, type Tx } from '#store';
import type { Author } from './approvals.ts';
import { ConfigurationRefused } from './configuration-refused.ts';
import { type AnyChange, findIn } from './object-changes.ts';
import { mayChange, partnersOf } from './reach.ts';

/**
 * Runs and transfers belong to the partners of their route as it is now: what another partner's route has done would be shown
 * to the next one.
 * @param after the configuration as the changes leave it behind
 * @throws ConfigurationRefused `in_use`
 */
export async function assertHistoryStays(
  tx: Tx,
  author: Author,
  changes: readonly AnyChange[],
  current: StoredConfiguration,
  after: StoredConfiguration,
): Promise<void> {
  for (const { noun, name, before, after: object } of changes) {
    if (!before || !object) continue;
    const [was, is] = [partnersOf(noun, before, current), partnersOf(noun, object, after)];
    const wasNobodys = noun !== 'partner' && was.length === 0;
    if (wasNobodys ? is.length === 0 : was.every((partner) => is.includes(partner))) continue;
    // What was nobody's may hold the files of several partners; what only stands there holds none.
    const referrer = wasNobodys ? await findRecord(tx, noun, name) : await findReferrer(tx, noun, name);
    if (referrer)
      throw new ConfigurationRefused(
        'in_use',
        `The ${noun} "${name}" stays with ${was.join(' and ') || 'nobody'}: ${wordsOf(referrer, author, current)}. Make another one for another partner.`,
      );
  }
}

/** @throws ConfigurationRefused `in_use` while anything refers to it, history too */
export async function assertUnreferred(
  tx: Tx,
  author: Author,
  { noun, name }: Pick<AnyChange, 'noun' | 'name'>,
  current: StoredConfiguration,
): Promise<void> {
  const referrer = await findReferrer(tx, noun, name);
  if (referrer)
    throw new ConfigurationRefused(
      'in_use',
      `The ${noun} "${name}" stays: ${wordsOf(referrer, author, current)}.`,
    );
}

/** Names are told to who may know them. */
function wordsOf({ noun, name, does }: Referrer, author: Author, current: StoredConfiguration): string {
  if (noun === 'record') return does;
  return mayKnow(author, noun, name, current) ? `the ${noun} "${name}" ${does}` : `something else ${does}`;
}

function mayKnow(
  author: Author,
  noun: Exclude<Referrer['noun'], 'record'>,
  name: string,
  current: StoredConfiguration,
): boolean {
  if (author.partners === 'all' && author.routes === 'all') return true;
  if (noun !== 'partner' && noun !== 'endpoint' && noun !== 'route') return false;
  const object = findIn(current, noun, name);
  return object !== undefined && mayChange(author, noun, object, current);
}

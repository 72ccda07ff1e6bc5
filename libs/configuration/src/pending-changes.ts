import { entryOf, type ParseOptions, parseEntry } from '#contract';
import { cronProblem } from '#schedule';
import type { ApprovalRecord, StoredConfiguration } from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';
import { entityTag } from './entity-tag.ts';
import { type AnyChange, type AnyObject, changeOf, findIn, neighboursOf } from './object-changes.ts';

/** What an approval of the configuration keeps until somebody decides: what will be, and what was when it was asked for. */
interface Payload {
  origin: string;
  changes: {
    kind: AnyChange['kind'];
    noun: AnyChange['noun'];
    name: string;
    /** The ETag of the object then; null: there was none. */
    tag: string | null;
    after: AnyObject | null;
  }[];
}

export function writePayload(origin: string, changes: readonly AnyChange[]): object {
  return {
    origin,
    changes: changes.map(({ kind, noun, name, before, after }) => ({
      kind,
      noun,
      name,
      tag: before ? entityTag(before) : null,
      after: after ?? null,
    })),
  } satisfies Payload;
}

/** What will be, without a look at what is. */
export function wantedChanges({ payload }: ApprovalRecord): { origin: string; changes: AnyChange[] } {
  const { origin, changes } = payload as Payload;
  return {
    origin,
    changes: changes.map(({ kind, noun, name, after }) =>
      changeOf(kind, noun, name, undefined, after ?? undefined),
    ),
  };
}

/** @throws ConfigurationRefused `approval_outdated` when an object is not what it was */
export function readPayload(
  { payload }: ApprovalRecord,
  current: StoredConfiguration,
): { origin: string; changes: AnyChange[] } {
  const { origin, changes } = payload as Payload;
  return {
    origin,
    changes: changes.map(({ kind, noun, name, tag, after }) => {
      const before = findIn(current, noun, name);
      if ((before ? entityTag(before) : null) !== tag)
        throw outdated(`The ${noun} "${name}" has changed since it was asked for.`);
      return changeOf(kind, noun, name, before, after ?? undefined);
    }),
  };
}

/** What it refers to may be gone by now. @throws ConfigurationRefused `approval_outdated` */
export function assertStillTrue(changes: readonly AnyChange[], current: StoredConfiguration): void {
  const isThere = (noun: AnyChange['noun'], name: string) =>
    changes.some((change) => change.noun === noun && change.name === name && change.after) ||
    findIn(current, noun, name) !== undefined;
  for (const { after } of changes) {
    if (!after) continue;
    const missing = [
      ...('partner' in after && after.partner !== undefined && !isThere('partner', after.partner)
        ? [`partner "${after.partner}"`]
        : []),
      ...('source' in after
        ? [after.source.endpoint, after.destination.endpoint]
            .filter((name) => !isThere('endpoint', name))
            .map((name) => `endpoint "${name}"`)
        : []),
    ];
    if (missing.length > 0) throw outdated(`There is no ${missing[0]} any more.`);
  }
}

/**
 * By the rules of a file, beside what stands there by now: what was allowed when it was asked for may not be any more.
 * @throws ConfigurationRefused `approval_outdated`
 */
export function assertStillValid(
  changes: readonly AnyChange[],
  wanted: StoredConfiguration,
  {
    validateEncoding,
    allowedLegacyPolicies,
  }: Pick<ParseOptions, 'validateEncoding' | 'allowedLegacyPolicies'>,
): void {
  for (const { noun, name, after } of changes) {
    if (!after) continue;
    const entry = entryOf(noun, after);
    const parsed = parseEntry(noun, entry, neighboursOf(noun, entry, wanted), {
      validateCron: cronProblem,
      validateEncoding,
      allowedLegacyPolicies,
      known: { partners: wanted.partners.map(nameOf), endpoints: wanted.endpoints.map(nameOf) },
    });
    const [first] = parsed.ok ? [] : parsed.problems;
    if (first)
      throw outdated(`The ${noun} "${name}" would not be valid any more: ${first.path} ${first.message}.`);
  }
}

function nameOf({ name }: { name: string }): string {
  return name;
}

function outdated(detail: string): ConfigurationRefused {
  return new ConfigurationRefused('approval_outdated', `${detail} Reject it, and ask anew.`);
}

import { createHash } from 'node:crypto';
import type { ConfigurationNoun, ConfigurationObjects } from '#contract';
import { canonicalJson } from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';

/**
 * The ETag of an object of the configuration. Made of what is configured and nothing else: a pause or a fire between
 * reading and changing is not a change that anybody could overwrite.
 */
export function entityTag(object: ConfigurationObjects[ConfigurationNoun]): string {
  return `"${createHash('sha256').update(canonicalJson(object)).digest('base64url').slice(0, 32)}"`;
}

/**
 * RFC 9110 13.1.1. A weak tag never matches.
 * @throws ConfigurationRefused `precondition_required`, `precondition_failed`
 */
export function assertMatch(ifMatch: string | undefined, tag: string): void {
  if (ifMatch === undefined)
    throw new ConfigurationRefused(
      'precondition_required',
      'Read the object first, and send its ETag as If-Match: what somebody else has changed meanwhile is not overwritten unseen.',
    );
  const tags: string[] = ifMatch.match(/(W\/)?"[^"]*"/g) ?? [];
  if (ifMatch.trim() === '*' || tags.includes(tag)) return;
  throw new ConfigurationRefused(
    'precondition_failed',
    'The object is not what it was when it was read. Read it again, and decide anew.',
  );
}

import type { Difference } from '../../forms/merge-patch.ts';
import { isObject } from '../../forms/path.ts';

/** What the configuration records of a change: path, before and after, and nothing else. */
export function isFieldChanges(value: unknown): value is Difference[] {
  return Array.isArray(value) && value.length > 0 && value.every(isFieldChange);
}

const KEYS = new Set(['path', 'before', 'after']);

function isFieldChange(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['path'] === 'string' &&
    ('before' in value || 'after' in value) &&
    Object.keys(value).every((key) => KEYS.has(key))
  );
}

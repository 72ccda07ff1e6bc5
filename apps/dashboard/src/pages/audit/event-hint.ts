import type { AuditEventObject } from '#contract';
import { isObject } from '../../forms/path.ts';
import { nounText } from './audit-words.ts';

/** What says most of an event in one value; the first that it has. */
const TELLING = ['destinationPath', 'sourcePath', 'route', 'reason', 'note', 'partner'] as const;
const MOST = 3;
const LONGEST = 160;

/** In a few words what the details say, so that nobody has to open each of them; undefined where they say nothing more. */
export function hintOf({
  action,
  details,
}: Pick<AuditEventObject, 'action' | 'details'>): string | undefined {
  const said =
    askedFor(details) ?? changedFields(action, details) ?? changedValues(details) ?? telling(details);
  return said !== undefined && said.length > LONGEST ? `${said.slice(0, LONGEST)}…` : said;
}

/** `change endpoint acme` */
function askedFor({ changes }: AuditEventObject['details']): string | undefined {
  if (!Array.isArray(changes)) return undefined;
  return listed(
    changes.filter(isObject).map(({ kind, noun, name }) => `${kind} ${nounText(String(noun))} ${name}`),
  );
}

/** `host, port` */
function changedFields(action: string, { fields }: AuditEventObject['details']): string | undefined {
  if (!Array.isArray(fields) || !action.endsWith('.changed')) return undefined;
  return listed(fields.filter(isObject).map(({ path }) => String(path)));
}

/** `role: viewer → operator` */
function changedValues(details: AuditEventObject['details']): string | undefined {
  return listed(
    Object.entries(details).flatMap(([name, value]) =>
      isObject(value) && 'before' in value && 'after' in value
        ? [`${name}: ${shown(value['before'])} → ${shown(value['after'])}`]
        : [],
    ),
  );
}

function telling(details: AuditEventObject['details']): string | undefined {
  for (const name of TELLING) {
    const value = details[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function listed(texts: readonly string[]): string | undefined {
  if (texts.length === 0) return undefined;
  const first = texts.slice(0, MOST).join(', ');
  return texts.length > MOST ? `${first} and ${texts.length - MOST} more` : first;
}

function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return Array.isArray(value) ? value.join(', ') : String(value ?? 'nothing');
}

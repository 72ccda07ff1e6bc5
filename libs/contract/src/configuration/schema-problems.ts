import type { z } from 'zod';
import type { Endpoint } from '#domain';
import { type ConfigurationText, type Path, valueAt } from './configuration-text.ts';
import { nearestName } from './nearest-name.ts';
import { fileSchema } from './schemas.ts';
import { shown } from './values.ts';

/** Keys of the contract that this version does not act on: refused, because ignoring them would be a lie. */
const NOT_AVAILABLE = new Set(['expect', 'notify', 'calendar', 'onHoliday', 'tags', 'files']);

const PROTOCOLS: readonly Endpoint['protocol'][] = ['ftps', 'ftp', 'local'];

/** Protocols of the contract beyond those that the schema has. */
const REFUSED_PROTOCOLS: Readonly<Record<string, string>> = {
  sftp: '`sftp` is not available in this version; available are ftps, ftp and local',
};

/** Checks the plain values against the schema, telling each problem with its place. */
export function checkSchema(text: ConfigurationText): z.infer<typeof fileSchema> | undefined {
  const parsed = fileSchema.safeParse(text.raw, { error: say });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) tell(text, issue);
  return undefined;
}

function tell(text: ConfigurationText, issue: z.core.$ZodIssue): void {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    const valid = keysAt(fileSchema, path, text.raw);
    for (const key of issue.keys) tellKey(text, [...path, key], key, valid);
  } else text.report(path, issue.message, nearestValue(issue, valueAt(text.raw, path)));
}

function tellKey(text: ConfigurationText, path: Path, key: string, valid: readonly string[]): void {
  if (NOT_AVAILABLE.has(key)) text.reportKey(path, `\`${key}\` is not available in this version`);
  else text.reportKey(path, `unknown key \`${shown(key)}\``, nearestName(key, valid));
}

function nearestValue(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (issue.code === 'invalid_value') return nearestName(value, issue.values.map(String));
  if (issue.code !== 'invalid_union' || Object.hasOwn(REFUSED_PROTOCOLS, value)) return undefined;
  return nearestName(value, PROTOCOLS);
}

/** Values are repeated only where the schema lists the valid ones: elsewhere they may be somebody's secret. */
const say: z.core.$ZodErrorMap = (issue) => {
  const { input } = issue;
  if (issue.code === 'invalid_key') return issue.issues[0]?.message;
  if (issue.code === 'invalid_union') return sayProtocol(input);
  if (issue.code === 'invalid_type' && issue.expected === 'never') return 'not available in this version';
  if (input === undefined && (issue.code === 'invalid_type' || issue.code === 'invalid_value'))
    return 'is missing';
  if (issue.code === 'invalid_type')
    return `must be ${KINDS[issue.expected] ?? issue.expected}, not ${kindOf(input)}`;
  if (issue.code === 'invalid_value') {
    const given = typeof input === 'string' ? `\`${shown(input)}\`` : kindOf(input);
    return `${given} is not ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
  }
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}${unitOf(issue.origin)}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}${unitOf(issue.origin)}`;
  return undefined;
};

function sayProtocol(entry: unknown): string {
  const protocol = valueAt(entry, ['protocol']);
  if (protocol === undefined) return `is missing; one of ${PROTOCOLS.join(', ')}`;
  if (typeof protocol !== 'string') return `must be text, not ${kindOf(protocol)}`;
  const refusal = Object.hasOwn(REFUSED_PROTOCOLS, protocol) ? REFUSED_PROTOCOLS[protocol] : undefined;
  return refusal ?? `\`${shown(protocol)}\` is not one of ${PROTOCOLS.join(', ')}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
};

function kindOf(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return (
    { string: 'text', boolean: 'true or false', object: 'a mapping' }[typeof value as 'string'] ?? 'that'
  );
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

/** The keys that are valid at a path; of a union, those of the option that the text chose. */
function keysAt(schema: z.core.$ZodType, path: Path, raw: unknown): string[] {
  const [step, ...rest] = path;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === 'default' || def.type === 'prefault' || def.type === 'optional')
    return keysAt(def.innerType, path, raw);
  if (def.type === 'union') {
    const chosen = def.options.find((option) => acceptsProtocol(option, valueAt(raw, ['protocol'])));
    return chosen ? keysAt(chosen, path, raw) : [];
  }
  if (def.type === 'record' && step !== undefined) return keysAt(def.valueType, rest, valueAt(raw, [step]));
  if (def.type === 'array' && step !== undefined) return keysAt(def.element, rest, valueAt(raw, [step]));
  if (def.type !== 'object') return [];
  if (step === undefined) return Object.keys(def.shape).filter((key) => !isRefused(def.shape[key]!));
  const inner = def.shape[String(step)];
  return inner ? keysAt(inner, rest, valueAt(raw, [step])) : [];
}

/** A key that is there only to be refused with its own words is nothing to suggest. */
function isRefused(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  return def.type === 'optional' ? isRefused(def.innerType) : def.type === 'never';
}

function acceptsProtocol(option: z.core.$ZodType, protocol: unknown): boolean {
  return option._zod.propValues?.['protocol']?.has(protocol as string) ?? false;
}

import {
  type FieldSpec,
  type FormValues,
  presencePath,
  REFERENCE_KINDS,
  type ReferenceValue,
} from './field-spec.ts';
import { isObject, type Json, readPath, writePath } from './path.ts';

/** An object as the api gives it, or what is known of a new one, as the form holds it; defaults stand in for what is not said. */
export function toValues(specs: readonly FieldSpec[], object: object): FormValues {
  const values: FormValues = {};
  for (const spec of specs) {
    const said = readPath(object, spec.path);
    if (spec.kind === 'group') writePath(values, presencePath(spec.path), said !== undefined);
    else writePath(values, spec.path, shown(spec, said));
  }
  return values;
}

function shown(spec: FieldSpec, said: unknown): unknown {
  const value = said ?? ('default' in spec ? spec.default : undefined);
  switch (spec.kind) {
    case 'number':
      if (typeof value !== 'number') return value === undefined ? '' : String(value);
      return String(value / (spec.unit?.factor ?? 1));
    case 'flag':
      return value === true;
    case 'list':
    case 'choices':
    case 'certificates':
      return Array.isArray(value) ? value.map(String) : [];
    case 'reference':
      return shownReference(value);
    case 'own':
      return value;
    default:
      return value === undefined ? '' : String(value);
  }
}

function shownReference(value: unknown): ReferenceValue {
  if (isObject(value)) {
    for (const from of REFERENCE_KINDS)
      if (typeof value[from] === 'string') return { from, name: value[from] };
    if (value['cleared'] === true) return { from: 'cleared', name: '' };
  }
  return { from: 'none', name: '' };
}

/** What the form says, as the api takes it. What does not apply, and groups that are not there, are left out. */
export function toObject(specs: readonly FieldSpec[], values: FormValues): Json {
  const object: Json = {};
  for (const spec of sayingSpecs(specs, values)) {
    const said = spec.onlyDefault?.(values) ? defaultOf(spec) : meant(spec, readPath(values, spec.path));
    // An empty group is one all the same: `site: {}`.
    if (said !== undefined && !(spec.kind === 'group' && readPath(object, spec.path) !== undefined))
      writePath(object, spec.path, said);
  }
  return object;
}

function defaultOf(spec: FieldSpec): unknown {
  return 'default' in spec ? spec.default : undefined;
}

/** Those that are asked for as things stand; a group is one of them only when it is there. */
export function presentSpecs(specs: readonly FieldSpec[], values: FormValues): FieldSpec[] {
  return sayingSpecs(specs, values).filter((spec) => !spec.onlyDefault?.(values));
}

function sayingSpecs(specs: readonly FieldSpec[], values: FormValues): FieldSpec[] {
  const absent = specs.filter(
    ({ kind, path }) => kind === 'group' && readPath(values, presencePath(path)) !== true,
  );
  return specs.filter(
    (spec) =>
      applies(spec, specs, values) &&
      !absent.some(({ path }) => spec.path === path || spec.path.startsWith(`${path}.`)),
  );
}

/** It, and the group it belongs to: without TLS there is no client certificate either. */
export function applies(spec: FieldSpec, specs: readonly FieldSpec[], values: FormValues): boolean {
  if (spec.applies && !spec.applies(values)) return false;
  return specs.every(
    (group) =>
      group.kind !== 'group' || !spec.path.startsWith(`${group.path}.`) || (group.applies?.(values) ?? true),
  );
}

function meant(spec: FieldSpec, value: unknown): unknown {
  switch (spec.kind) {
    case 'group':
      return {};
    case 'number':
      return meantNumber(String(value ?? ''), spec.unit?.factor ?? 1);
    case 'flag':
      return value === true;
    case 'list': {
      const items = listOf(value).filter((item) => item !== '');
      return items.length === 0 && spec.default === undefined ? undefined : items;
    }
    case 'choices':
    case 'certificates':
      return listOf(value).filter((item) => item.trim() !== '');
    case 'reference':
      return meantReference(value as ReferenceValue | undefined);
    case 'own':
      return isObject(value) && Object.keys(value).length === 0 ? undefined : value;
    default: {
      const text = String(value ?? '');
      const kept = spec.kind === 'text' && spec.trim ? text.trim() : text;
      return kept === '' ? undefined : kept;
    }
  }
}

/** What is no number goes out as it was written: the api says what is wrong with it. */
function meantNumber(text: string, factor: number): number | string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) return trimmed;
  // 1.234 s are 1234 ms, and not 1233.9999999.
  return factor === 1 ? number : Math.round(number * factor * 1e6) / 1e6;
}

function meantReference(value: ReferenceValue | undefined): Json | undefined {
  if (!value || value.from === 'none') return undefined;
  return value.from === 'cleared' ? { cleared: true } : { [value.from]: value.name.trim() };
}

function listOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Of a new object: only what is not the default anyway, so that its history says what somebody has said. */
export function withoutDefaults(specs: readonly FieldSpec[], object: Json): Json {
  const kept: Json = {};
  for (const spec of specs) {
    const said = readPath(object, spec.path);
    if (said === undefined) continue;
    if (spec.kind === 'group') {
      if (readPath(kept, spec.path) === undefined) writePath(kept, spec.path, {});
    } else if (spec.required || !('default' in spec) || JSON.stringify(said) !== JSON.stringify(spec.default))
      writePath(kept, spec.path, said);
  }
  return kept;
}

import type { FieldSpec } from './field-spec.ts';
import { type Difference, isReference } from './merge-patch.ts';

const LEAF = /^(.+)\.(secret|env|file|cleared)$/;

/** The api tells a reference leaf by leaf, `password.secret`, `password.env`: for a reader it is one value. */
export function joinReferences(
  differences: readonly Difference[],
  specs: readonly FieldSpec[],
): Difference[] {
  const joined = new Map<string, Difference>();
  for (const { path, before, after } of differences) {
    const [, outer, leaf] = LEAF.exec(path) ?? [];
    const isOne = specs.some((spec) => spec.kind === 'reference' && spec.path === outer);
    if (outer === undefined || leaf === undefined || !isOne) {
      joined.set(path, { path, before, after });
      continue;
    }
    const known = joined.get(outer);
    joined.set(outer, {
      path: outer,
      before: before == null ? known?.before : { [leaf]: before },
      after: after == null ? known?.after : { [leaf]: after },
    });
  }
  return [...joined.values()];
}

/** The name of an option in words; its path where no field knows it. */
export function labelOf(path: string, specs: readonly FieldSpec[]): string {
  const spec = specs.find((each) => each.path === path);
  if (!spec) return path;
  const group = specs.find((each) => each.kind === 'group' && path.startsWith(`${each.path}.`));
  return group ? `${group.label}: ${spec.label.charAt(0).toLowerCase()}${spec.label.slice(1)}` : spec.label;
}

/** A value of the configuration in words: `on`, `30 s`, `the stored secret acme-password`. */
export function valueTexts(value: unknown, spec?: FieldSpec): string[] {
  if (value === undefined || value === null || value === '') return [];
  if (Array.isArray(value)) return value.flatMap((item) => valueTexts(item, spec));
  if (isReference(value)) return [referenceText(value)];
  if (typeof value === 'string' && value.startsWith('-----BEGIN')) return [certificateText(value)];
  if (typeof value === 'boolean') return [value ? 'on' : 'off'];
  if (typeof value === 'number' && spec?.kind === 'number' && spec.unit)
    return [`${value / spec.unit.factor} ${spec.unit.label}`];
  if (spec?.kind === 'choice' || spec?.kind === 'choices')
    return [spec.options.find((option) => option.value === value)?.label ?? String(value)];
  return [typeof value === 'object' ? JSON.stringify(value) : String(value)];
}

function referenceText(reference: Record<string, unknown>): string {
  const { secret, env, file } = reference;
  if (secret !== undefined) return `the stored secret ${secret}`;
  if (env !== undefined) return `the variable ${env} of the workers`;
  if (file !== undefined) return `the file ${file} at the workers`;
  return 'cleared: it has to be given again';
}

/** A PEM text is too long to be compared by eye: its beginning and its end tell one from the other. */
function certificateText(pem: string): string {
  const count = pem.split('-----BEGIN CERTIFICATE-----').length - 1;
  const base64 = pem.replace(/-----[A-Z ]+-----/g, '').replace(/\s/g, '');
  const short = `${base64.slice(0, 12)}…${base64.slice(-12)}`;
  return count > 1 ? `${count} certificates (${short})` : `a certificate (${short})`;
}

/** How the form holds an object: nested as the object is, every leaf as its control shows it. */
export type FormValues = Record<string, unknown>;

export interface Option {
  value: string;
  label: string;
  /** One sentence, shown while it is chosen. */
  means?: string;
}

interface Common {
  /** Where it stands in the object, and in the problems of the api: `tls.minVersion`. */
  path: string;
  label: string;
  /** What it means, in one line. The default is said by itself. */
  hint?: string;
  /** Only then it is shown and part of the object: `ftp` has no TLS. */
  applies?: (values: FormValues) => boolean;
  /** As things stand nothing but the default is possible: it is said, and not asked for. */
  onlyDefault?: (values: FormValues) => boolean;
  required?: boolean;
}

/** One option of an object: how it is asked for, shown, and told about. */
export type FieldSpec = Common &
  (
    | {
        kind: 'text';
        default?: string;
        placeholder?: string;
        multiline?: boolean;
        mono?: boolean;
        trim?: boolean;
      }
    | {
        kind: 'number';
        default?: number;
        /** Said where the default depends on other fields. */
        defaultText?: string;
        /** Shown in another unit: 30000 ms as 30 s. */
        unit?: { label: string; factor: number };
      }
    | { kind: 'flag'; default: boolean; means?: { on: string; off: string } }
    /** Without a default it may be left out: `absent` says what that means. */
    | { kind: 'choice'; options: readonly Option[]; default?: string; absent?: string }
    /** Of some words those that are wanted, in their order. */
    | { kind: 'choices'; options: readonly Option[]; default: readonly string[] }
    /** Strings in their order. Without a default an empty list is left out of the object. */
    | { kind: 'list'; default?: readonly string[]; item: string; placeholder?: string; mono?: boolean }
    /** PEM texts. */
    | { kind: 'certificates'; default: readonly string[] }
    | { kind: 'certificate' }
    /** `{secret}`, `{env}` or `{file}`. */
    | { kind: 'reference' }
    /** Something that is there or not, with the fields below its path. */
    | { kind: 'group' }
    /** Any JSON, with an editor of the page's own; undefined and empty objects are left out. */
    | { kind: 'own'; default?: unknown }
  );

export type FieldKind = FieldSpec['kind'];
export type SpecOf<Kind extends FieldKind> = Extract<FieldSpec, { kind: Kind }>;

export const REFERENCE_KINDS = ['secret', 'env', 'file'] as const;
/** A reference as it is chosen; `none`: nothing is. */
export interface ReferenceValue {
  from: (typeof REFERENCE_KINDS)[number] | 'cleared' | 'none';
  name: string;
}

/** Whether a group is there stands beside the values: `has.tls_clientCertificate`. */
export function presencePath(group: string): string {
  return `has.${group.replaceAll('.', '_')}`;
}

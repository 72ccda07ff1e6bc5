import type { FieldSpec } from './field-spec.ts';
import { isWithin } from './path.ts';

export interface SaidOfField {
  path: string;
  message: string;
}

export interface PlacedProblems {
  /** By the path of the field. */
  fields: Map<string, string>;
  /** What no field can show. */
  rest: SaidOfField[];
}

/** `tls.pins.1` belongs to the field `tls.pins`, its second item; `tls.clientCertificate` to that group. */
export function placeProblems(problems: readonly SaidOfField[], specs: readonly FieldSpec[]): PlacedProblems {
  const fields = new Map<string, string>();
  const rest: SaidOfField[] = [];
  for (const problem of problems) {
    const path = problem.path.replace(/^body\.?/, '').replace(/\[(\d+)\]/g, '.$1');
    const spec = specs
      .filter((each) => isWithin(path, each.path))
      .sort((one, other) => other.path.length - one.path.length)[0];
    if (!spec) rest.push({ path, message: problem.message });
    else {
      const said = [
        fields.get(spec.path),
        `${whichItem(path.slice(spec.path.length + 1))}${problem.message}`,
      ];
      fields.set(spec.path, said.filter((text) => text !== undefined).join('; '));
    }
  }
  return { fields, rest };
}

function whichItem(below: string): string {
  if (below === '') return '';
  return /^\d+$/.test(below) ? `${Number(below) + 1}. ` : `${below}: `;
}

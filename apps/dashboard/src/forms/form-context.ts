import { createContext, useContext } from 'react';
import type { FieldSpec } from './field-spec.ts';
import type { Json } from './path.ts';

interface FormFrame {
  specs: readonly FieldSpec[];
  /** Paths of the fields that are asked for as things stand, and of the groups that are there. */
  present: ReadonlySet<string>;
  /** The same, and groups that could be there. */
  offered: ReadonlySet<string>;
  /** What somebody else proposes, by path: `from the doctor`. */
  proposed: ReadonlyMap<string, string>;
  /** Whose secrets may be referred to. */
  partner: string | undefined;
}

export const FormFrameContext = createContext<FormFrame | undefined>(undefined);

export function useFormFrame(): FormFrame {
  const frame = useContext(FormFrameContext);
  if (!frame) throw new Error('A field stands outside of a form.');
  return frame;
}

interface FormObject {
  /** What would be saved. */
  object: Json;
  /** What is there; undefined for something new. */
  before: Json | undefined;
}

/** Beside the frame, as it is another one with every letter. */
export const FormObjectContext = createContext<FormObject | undefined>(undefined);

export function useFormObject(): FormObject {
  const object = useContext(FormObjectContext);
  if (!object) throw new Error('It stands outside of a form.');
  return object;
}

export function useSpec(path: string): FieldSpec {
  const spec = useFormFrame().specs.find((each) => each.path === path);
  if (!spec) throw new Error(`The form knows no field ${path}.`);
  return spec;
}

import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { FormProvider, useForm, useWatch } from 'react-hook-form';
import { fieldProblems, Refused } from '../api/problem.ts';
import { Button } from '../ui/button.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { ChangesToSave } from './changes-to-save.tsx';
import {
  changeObject,
  configuredQuery,
  createObject,
  type Noun,
  type Read,
  type Saved,
} from './configured-object.ts';
import { ConflictNotice } from './conflict-notice.tsx';
import type { FieldSpec, FormValues } from './field-spec.ts';
import { FormFrameContext, FormObjectContext } from './form-context.ts';
import { applies, presentSpecs, toObject, toValues, withoutDefaults } from './form-values.ts';
import styles from './forms.module.css';
import { LeaveGuard } from './leave-guard.tsx';
import { applyPatch, differences, mergePatchOf } from './merge-patch.ts';
import { isWithin, type Json, readPath, writePath } from './path.ts';
import { placeProblems, type SaidOfField } from './place-problems.ts';
import { WaitsForSecond } from './waits-for-second.tsx';

export interface ObjectFormProps<Of extends Noun> {
  noun: Of;
  specs: readonly FieldSpec[];
  /** What is changed; without it something new is made. */
  read?: Read<Of>;
  /** What is known of a new one. */
  start?: Json;
  /** Filled in and not saved: values by path, and who proposes them (`From the doctor`). */
  proposal?: { says: string; values: Json } | undefined;
  submitLabel: string;
  onSaved(object: Read<Of>): void;
  onCancel(): void;
  /** Below the fields: a preview, a warning; it gets what would be saved. */
  children: ReactNode;
  /** What goes out with the change besides what the fields say. */
  amend?: (state: { patch: Json; object: Json; before: Json | undefined; values: FormValues }) => Json;
  aside?: (state: { object: Json; before: Json | undefined; values: FormValues }) => ReactNode;
}

/** A form for one object of the configuration: all of its options, only what changed is sent. */
export function ObjectForm<Of extends Noun>(props: ObjectFormProps<Of>) {
  const { noun, specs, start, proposal, submitLabel, onSaved, onCancel, children, aside, amend } = props;
  const queries = useQueryClient();
  const [read, setRead] = useState(props.read);
  const name = read?.object.name;
  const before = useMemo(
    () => (read ? toObject(specs, toValues(specs, read.object)) : undefined),
    [read, specs],
  );
  const [begun] = useState(() => {
    const known = (read?.object ?? start ?? {}) as Json;
    return toValues(specs, proposal ? proposed(known, proposal.values) : known);
  });
  const form = useForm<FormValues>({ defaultValues: begun });
  const values = useWatch({ control: form.control }) as FormValues;
  const object = toObject(specs, values);
  const patch = before ? mergePatchOf(before, object) : undefined;
  const untouched = useRef(JSON.stringify(object));
  const isUnsaved = patch ? Object.keys(patch).length > 0 : JSON.stringify(object) !== untouched.current;

  const unsaved = useRef(false);
  const [saving, setSaving] = useState(false);
  const [refusal, setRefusal] = useState<{ error: unknown; rest: SaidOfField[]; placed: number }>();
  const [current, setCurrent] = useState<Read<Of>>();
  const [waiting, setWaiting] = useState<Extract<Saved<Of>, { state: 'waiting' }>['approval']>();
  const frame = useRef<HTMLFormElement>(null);
  useEffect(() => {
    unsaved.current = isUnsaved && !waiting;
  });
  // What the api said of a value does not hold for another one.
  const { subscribe, clearErrors } = form;
  useEffect(
    () =>
      subscribe({
        formState: { values: true },
        callback: ({ name: changed }) => changed !== undefined && clearErrors(changed),
      }),
    [subscribe, clearErrors],
  );
  const isProposed = proposal !== undefined;
  useEffect(() => {
    if (isProposed) show(frame.current?.querySelectorAll('[data-proposed]'));
  }, [isProposed]);

  const refuse = async (error: unknown) => {
    if (error instanceof Refused && error.status === 412 && name !== undefined) {
      setCurrent(await queries.fetchQuery({ ...configuredQuery(noun, name), staleTime: 0 }));
      return;
    }
    const { fields, rest } = placeProblems(fieldProblems(error), presentSpecs(specs, values));
    for (const [path, message] of fields) form.setError(path, { type: 'server', message });
    setRefusal({ error, rest, placed: fields.size });
    requestAnimationFrame(() => showFirstProblem(frame.current));
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // Dialogs of fields are children too, though they stand elsewhere on the page.
    event.stopPropagation();
    form.clearErrors();
    setRefusal(undefined);
    setSaving(true);
    try {
      const saved =
        read && patch
          ? await changeObject(
              noun,
              read.object.name,
              amend?.({ patch, object, before, values }) ?? patch,
              read.etag,
            )
          : await createObject(noun, withoutDefaults(specs, object));
      unsaved.current = false;
      if (saved.state === 'waiting') setWaiting(saved.approval);
      else {
        queries.setQueryData(configuredQuery(noun, saved.object.name).queryKey, saved);
        void queries.invalidateQueries({ predicate: ({ queryKey }) => isStale(queryKey[0]) });
        onSaved(saved);
      }
    } catch (error) {
      await refuse(error).catch((other: unknown) => setRefusal({ error: other, rest: [], placed: 0 }));
    } finally {
      setSaving(false);
    }
  };

  const takeCurrent = (keepMine: boolean) => {
    if (!current) return;
    const known = toObject(specs, toValues(specs, current.object));
    form.reset(toValues(specs, keepMine && patch ? applyPatch(known, patch) : current.object));
    setRead(current);
    setCurrent(undefined);
  };

  const [present, offered] = useFieldSets(specs, values);
  const partner = readPath(values, 'partner');
  const proposals = useMemo(() => proposedPaths(specs, proposal), [specs, proposal]);
  const owner = typeof partner === 'string' && partner !== '' ? partner : undefined;
  const context = useMemo(
    () => ({ specs, present, offered, proposed: proposals, partner: owner }),
    [specs, present, offered, proposals, owner],
  );
  if (waiting)
    return (
      <div className={styles['form']}>
        <WaitsForSecond
          what={name === undefined ? 'What you made' : `Your change of ${name}`}
          id={waiting.id}
        />
        <div className={styles['buttons']}>
          <Button onClick={onCancel}>Back</Button>
        </div>
      </div>
    );
  return (
    <FormProvider {...form}>
      <FormFrameContext value={context}>
        <FormObjectContext value={{ object, before }}>
          <LeaveGuard unsaved={unsaved} />
          <form ref={frame} className={styles['form']} onSubmit={submit} noValidate>
            {proposal && (
              <p role="status" className={styles['waiting']}>
                {proposal.says} Look at it, then save.
              </p>
            )}
            {children}
            {aside?.({ object, before, values })}
            {current && before && patch && name !== undefined && (
              <ConflictNotice
                noun={noun}
                name={name}
                specs={specs}
                theirs={differences(before, toObject(specs, toValues(specs, current.object)))}
                mine={differences(before, object)}
                onReload={() => takeCurrent(false)}
                onKeepMine={() => takeCurrent(true)}
              />
            )}
            {refusal && (refusal.placed === 0 || refusal.rest.length > 0) && (
              <ProblemNotice error={refusal.error} what="It was not saved" />
            )}
            <div className={styles['bar']}>
              {refusal ? (
                <p className={styles['barProblem']} role="alert">
                  It was not saved{refusal.placed > 0 && `: ${wrongFields(refusal.placed)}`}.
                </p>
              ) : (
                <div className={styles['barSays']} aria-live="polite">
                  {patch && <ChangesToSave differences={differences(before ?? {}, object)} specs={specs} />}
                </div>
              )}
              <Button onClick={onCancel}>Cancel</Button>
              <Button type="submit" look="primary" busy={saving} disabled={patch !== undefined && !isUnsaved}>
                {submitLabel}
              </Button>
            </div>
          </form>
        </FormObjectContext>
      </FormFrameContext>
    </FormProvider>
  );
}

function wrongFields(count: number): string {
  return count === 1 ? 'one field needs another value' : `${count} fields need other values`;
}

/** What the rest of the dashboard shows of the configuration. */
function isStale(operation: unknown): boolean {
  return /^(list(Partners|Endpoints|Routes|Posture|ConfigurationChanges|Approvals)|get(Partner|Endpoint|Route))$/.test(
    String(operation),
  );
}

function proposed(known: Json, values: Json): Json {
  const object = structuredClone(known);
  for (const [path, value] of Object.entries(values)) writePath(object, path, value);
  return object;
}

function proposedPaths(specs: readonly FieldSpec[], proposal: { says: string; values: Json } | undefined) {
  const given = Object.keys(proposal?.values ?? {});
  const hit = specs.filter(({ path }) => given.some((each) => isWithin(each, path)));
  return new Map(hit.map(({ path }) => [path, 'Filled in, not saved yet.']));
}

/** New sets only when something appears or goes, and not with every letter. */
function useFieldSets(
  specs: readonly FieldSpec[],
  values: FormValues,
): [ReadonlySet<string>, ReadonlySet<string>] {
  const present = presentSpecs(specs, values)
    .map(({ path }) => path)
    .join(' ');
  const offered = specs
    .filter((spec) => applies(spec, specs, values))
    .map(({ path }) => path)
    .join(' ');
  return useMemo(() => [new Set(present.split(' ')), new Set(offered.split(' '))], [present, offered]);
}

function showFirstProblem(form: HTMLElement | null): void {
  const first = show(form?.querySelectorAll('[aria-invalid], [data-invalid]'));
  const control = first?.matches('fieldset')
    ? first.querySelector<HTMLElement>('input, select, textarea, button')
    : first;
  control?.focus({ preventScroll: true });
}

/** Opens the sections they stand in, and brings the first into view. */
function show(found: NodeListOf<HTMLElement> | undefined): HTMLElement | undefined {
  for (const each of found ?? [])
    for (let at = each.closest('details'); at; at = at.parentElement?.closest('details') ?? null)
      at.open = true;
  found?.[0]?.scrollIntoView({ block: 'center' });
  return found?.[0];
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import type { Run } from '#contract';
import { call } from '../../api/call.ts';
import { newKey } from '../../api/new-key.ts';
import { fieldProblems } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { TextArea, TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { tell } from '../../ui/tell.tsx';
import type { Route } from './route-words.ts';
import styles from './routes.module.css';

type Runnable = Pick<Route, 'name' | 'parameters' | 'enabled' | 'paused' | 'source'>;

/** It can begin without a word. */
export function needsNothing({ parameters = {} }: Pick<Route, 'parameters'>): boolean {
  return Object.keys(parameters).length === 0;
}

/** Starts a run of a route; the same question asked twice is one run. */
export function useRunNow(name: string) {
  const queries = useQueryClient();
  const key = useRef<string>(undefined);
  return async (given: { parameters?: Record<string, string>; files?: string[] } = {}): Promise<Run> => {
    key.current ??= newKey();
    const run = await call('triggerRun', {
      params: { name },
      headers: { 'idempotency-key': key.current },
      body: given,
    });
    key.current = undefined;
    void queries.invalidateQueries({ queryKey: ['listRuns'] });
    return run;
  };
}

export function tellRun({ id, route }: Run, paused: boolean): void {
  tell({
    title: paused ? `The run of ${route} waits: the route is paused.` : `A run of ${route} has begun.`,
    tone: paused ? 'warn' : 'good',
    link: { href: `/runs/${id}`, title: 'Look at the run' },
  });
}

interface RunNowDialogProps {
  route: Runnable;
  onClose(): void;
  onStarted(run: Run): void;
}

/** Asks for what a run can be given: the declared parameters, and which files only. */
export function RunNowDialog({ route, onClose, onStarted }: RunNowDialogProps) {
  const { name, parameters = {}, paused } = route;
  const declared = Object.entries(parameters);
  const [values, setValues] = useState<Record<string, string>>({});
  const [files, setFiles] = useState('');
  const runNow = useRunNow(name);
  const begin = useMutation({
    mutationFn: () => {
      const said = Object.entries(values).filter(([, value]) => value !== '');
      const only = linesOf(files);
      return runNow({
        ...(said.length > 0 && { parameters: Object.fromEntries(said) }),
        ...(only.length > 0 && { files: only }),
      });
    },
    onSuccess: onStarted,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    begin.mutate();
  };
  const problems = fieldProblems(begin.error);
  const problemAt = (path: string) =>
    problems.find((problem) => problem.path.replace(/^body\./, '').startsWith(path))?.message;
  const placed = problems.length > 0 && problems.every(({ path }) => /(^|\.)(parameters\.|files)/.test(path));
  const holds = files !== '' || Object.values(values).some((value) => value !== '');
  return (
    <Dialog
      open
      onClose={onClose}
      holds={holds}
      title={`Run ${name} now?`}
      description={
        paused
          ? 'The route is paused: the run waits until it is resumed.'
          : 'It moves the files that match now, except those that it has moved before.'
      }
    >
      <form className={styles['dialog']} onSubmit={submit} noValidate>
        {declared.map(([parameter, { pattern, default: usual }]) => (
          <TextField
            key={parameter}
            label={parameter}
            required={usual === undefined}
            placeholder={usual}
            hint={
              <>
                Matches <code>{pattern}</code>.{usual !== undefined && ` Left empty: ${usual}.`}
              </>
            }
            problem={problemAt(`parameters.${parameter}`)}
            spellCheck={false}
            autoCapitalize="none"
            value={values[parameter] ?? ''}
            onChange={(event) => setValues({ ...values, [parameter]: event.target.value })}
          />
        ))}
        <Disclosure title="Only certain files" open={problemAt('files') !== undefined}>
          <TextArea
            label="Files (optional)"
            hint={`One a line, as they stand below ${route.source.path}. Left empty: all that match.`}
            placeholder={'positions.csv\nsub/more.csv'}
            problem={problemAt('files')}
            spellCheck={false}
            autoCapitalize="none"
            value={files}
            onChange={(event) => setFiles(event.target.value)}
          />
        </Disclosure>
        {begin.error && !placed && <ProblemNotice error={begin.error} what="No run has begun" />}
        <DialogActions>
          <Button onClick={onClose}>Back</Button>
          <Button type="submit" look="primary" busy={begin.isPending}>
            Run now
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { RequestProbe } from '#contract';
import { call } from '../../api/call.ts';
import { fieldProblems } from '../../api/problem.ts';
import { Button } from '../../ui/button.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import styles from './doctor.module.css';
import { lastProbeQuery } from './endpoint-queries.ts';

interface ExamineFormProps {
  name: string;
  underWay: boolean;
  /** There was an examination before. */
  again: boolean;
}

/** Has a worker examine the endpoint; nothing is written there unless a folder is named for it. */
export function ExamineForm({ name, underWay, again }: ExamineFormProps) {
  const [folder, setFolder] = useState('');
  const [workerTag, setWorkerTag] = useState('');
  const queries = useQueryClient();
  const examine = useMutation({
    mutationFn: (body: RequestProbe) => call('probeEndpoint', { params: { name }, body }),
    onSuccess: (probe) => queries.setQueryData(lastProbeQuery(name).queryKey, probe),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    examine.mutate({
      ...(folder.trim() !== '' && { folder: folder.trim() }),
      ...(workerTag.trim() !== '' && { workerTag: workerTag.trim() }),
    });
  };
  const problems = fieldProblems(examine.error);
  const problemOf = (field: string) => problems.find(({ path }) => path.endsWith(field))?.message;
  return (
    <form className={styles['examine']} onSubmit={submit}>
      <Disclosure title="Try writing in a folder too">
        <div className={styles['folder']}>
          <TextField
            label="Folder (optional)"
            hint="There it writes, renames and deletes files of its own, and finds out about hashes, resuming and renaming. Without it nothing is written."
            placeholder="/inbox"
            problem={problemOf('folder')}
            spellCheck={false}
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
          />
          <TextField
            label="Worker tag (optional)"
            hint="Where only workers with this tag reach the server, as with routes."
            placeholder="dmz"
            problem={problemOf('workerTag')}
            spellCheck={false}
            value={workerTag}
            onChange={(event) => setWorkerTag(event.target.value)}
          />
        </div>
      </Disclosure>
      <Button type="submit" look="primary" busy={examine.isPending || underWay}>
        {underWay ? 'Examining …' : again ? 'Examine again' : 'Examine'}
      </Button>
      {examine.error && problems.length === 0 && (
        <ProblemNotice error={examine.error} what="It is not examined" />
      )}
    </form>
  );
}

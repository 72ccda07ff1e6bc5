import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { call } from '../api/call.ts';
import { useMay } from '../session/me.ts';
import { Button } from '../ui/button.tsx';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import type { Noun } from './configured-object.ts';
import { DifferenceTable } from './difference-table.tsx';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';
import type { Difference } from './merge-patch.ts';

interface ConflictNoticeProps {
  noun: Noun;
  name: string;
  specs: readonly FieldSpec[];
  /** What they have changed since this form was opened. */
  theirs: readonly Difference[];
  mine: readonly Difference[];
  /** Take what is there now, and lose mine. */
  onReload(): void;
  /** Take what is there now, and put mine on top of it; nothing is saved by this. */
  onKeepMine(): void;
}

/** Somebody was faster: who it was, what changed, and both ways on. */
export function ConflictNotice({
  noun,
  name,
  specs,
  theirs,
  mine,
  onReload,
  onKeepMine,
}: ConflictNoticeProps) {
  const may = useMay();
  const [shown, setShown] = useState(false);
  const { data } = useQuery({
    queryKey: ['listConfigurationChanges', { noun, name, limit: 1 }],
    queryFn: () => call('listConfigurationChanges', { query: { noun, name, limit: 1 } }),
    enabled: may('listConfigurationChanges'),
    staleTime: 0,
  });
  const last = data?.items[0];
  const frame = useRef<HTMLDivElement>(null);
  useEffect(() => {
    frame.current?.scrollIntoView({ block: 'center' });
  }, []);
  return (
    <div ref={frame} role="alert" className={styles['conflict']}>
      <p>
        <strong>
          Changed meanwhile
          {last && (
            <>
              {' '}
              by <OutsideText text={last.actor.name} /> at <Moment at={last.at} />
            </>
          )}
          .
        </strong>{' '}
        Yours is not saved.
      </p>
      {shown && (
        <>
          <h3>What changed</h3>
          {theirs.length === 0 ? (
            <p>Nothing that this form shows.</p>
          ) : (
            <DifferenceTable caption="What changed meanwhile" differences={theirs} specs={specs} />
          )}
          <h3>What you were about to save</h3>
          <DifferenceTable caption="What you were about to save" differences={mine} specs={specs} />
        </>
      )}
      <div className={styles['buttons']}>
        {!shown && <Button onClick={() => setShown(true)}>See the difference</Button>}
        <Button onClick={onReload}>Reload and lose mine</Button>
        <Button onClick={onKeepMine}>Put mine on top of it</Button>
      </div>
    </div>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { readAll } from '../api/read-all.ts';
import { useMay } from '../session/me.ts';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import type { Noun } from './configured-object.ts';
import { DifferenceTable } from './difference-table.tsx';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';

/** Changes of one object that wait for a second person; nothing where there are none. */
export function WaitingApprovals({
  noun,
  name,
  specs,
}: {
  noun: Noun;
  name: string;
  specs: readonly FieldSpec[];
}) {
  const may = useMay();
  const { data = [] } = useQuery({
    ...readAll('listApprovals', { state: 'pending' }),
    enabled: may('listApprovals'),
  });
  const own = data.filter(({ changes }) =>
    changes.some((change) => change.noun === noun && change.name === name),
  );
  return own.map(({ id, requestedBy, requestedAt, changes }) => (
    <div key={id} role="status" className={styles['waiting']}>
      <p>
        <strong>A change waits for a second person.</strong> <OutsideText text={requestedBy.name} /> asked for
        it <Moment at={requestedAt} relative />; nothing has changed yet.
      </p>
      {changes
        .filter((change) => change.noun === noun && change.name === name)
        .map(({ fields, kind }) => (
          <DifferenceTable
            key={kind}
            caption="What waits"
            specs={specs}
            differences={fields.map(({ path, before, after }) => ({ path, before, after }))}
          />
        ))}
      <Link to="/approvals" search={{ id }}>
        Go to the approval
      </Link>
    </div>
  ));
}

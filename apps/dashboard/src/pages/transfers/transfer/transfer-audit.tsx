import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AuditEventObject } from '#contract';
import { Loaded } from '../../../ui/loaded.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { SimpleTable } from '../../../ui/simple-table.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from './transfer.module.css';
import { transferAuditQuery } from './transfer-queries.ts';

/** Who did what with this transfer, in the order in which it happened. */
export function TransferAudit({ transferId, zone }: { transferId: string; zone: string | undefined }) {
  const read = useQuery(transferAuditQuery(transferId));
  return (
    <Loaded query={read} what="The audit could not be read" skeleton={<Skeleton lines={8} />}>
      {({ events, more }) => (
        <>
          {more && (
            <p className={styles['muted']}>
              These are the last {events.length}.{' '}
              <Link to="/audit" search={{ transferId }}>
                The audit
              </Link>{' '}
              has all of them.
            </p>
          )}
          <SimpleTable
            caption="Events of the transfer"
            rows={events}
            rowKey={({ id }) => id}
            columns={[
              {
                id: 'action',
                title: 'What',
                main: true,
                cell: ({ action }) => action.replace('.', ' ').replaceAll('_', ' '),
              },
              {
                id: 'at',
                title: 'When',
                cell: ({ at }) => (
                  <span className={styles['nowrap']}>
                    <Moment at={at} routeZone={zone} />
                  </span>
                ),
              },
              {
                id: 'actor',
                title: 'Who',
                cell: ({ actor }) => (
                  <span className={styles['muted']}>
                    {actor.kind.replaceAll('_', ' ')} <OutsideText text={actor.name} />
                  </span>
                ),
              },
              { id: 'details', title: 'Details', cell: (event) => <Details event={event} /> },
            ]}
          />
        </>
      )}
    </Loaded>
  );
}

function Details({ event: { details } }: { event: AuditEventObject }) {
  const said = Object.entries(details).filter(([, value]) => value !== null && value !== undefined);
  return (
    <ul className={styles['details']}>
      {said.map(([name, value]) => (
        <li key={name}>
          <span className={styles['muted']}>{name}</span>{' '}
          <OutsideText text={typeof value === 'string' ? value : JSON.stringify(value)} />
        </li>
      ))}
    </ul>
  );
}

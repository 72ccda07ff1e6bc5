import { Link } from '@tanstack/react-router';
import type { PostureObject } from '#contract';
import { showCount } from '../../ui/amounts.ts';
import { EmptyState, Section } from '../../ui/page.tsx';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { POLICY_TITLES } from '../endpoints/stricter-policies.ts';
import styles from './partners.module.css';

/** How its servers speak TLS, and what more could be demanded of them. */
export function PartnerPosture({ posture }: { posture: readonly PostureObject[] }) {
  return (
    <Section title="TLS in the last 30 days">
      {posture.length === 0 ? (
        <EmptyState title="It has no server that was connected to." />
      ) : (
        <SimpleTable
          caption="TLS of its endpoints"
          rows={posture}
          rowKey={({ endpoint }) => endpoint}
          columns={[
            {
              id: 'endpoint',
              title: 'Endpoint',
              main: true,
              cell: ({ endpoint }) => (
                <Link to="/endpoints/$name" params={{ name: endpoint }} search={{ part: 'trust' }}>
                  {endpoint}
                </Link>
              ),
            },
            {
              id: 'connections',
              title: 'Connections',
              numeric: true,
              cell: ({ connections }) => showCount(connections.total),
            },
            {
              id: 'refused',
              title: 'Refused',
              numeric: true,
              cell: ({ connections }) => showCount(connections.refused),
            },
            {
              id: 'versions',
              title: 'Versions',
              cell: ({ versions }) => versions.map(({ version }) => version).join(', ') || '–',
            },
            {
              id: 'stricter',
              title: 'A stricter policy',
              cell: ({ stricter }) => <Stricter stricter={stricter} />,
            },
          ]}
        />
      )}
    </Section>
  );
}

function Stricter({ stricter }: Pick<PostureObject, 'stricter'>) {
  const breaking = stricter.filter(({ effect }) => effect === 'breaks');
  if (breaking.length === 0)
    return stricter.some(({ effect }) => effect === 'holds') ? (
      <Badge tone="good">breaks nothing</Badge>
    ) : (
      <Badge tone="idle">not known yet</Badge>
    );
  return (
    <span className={styles['names']}>
      <Badge tone="warn">would break</Badge>
      <span className={styles['muted']}>
        {breaking.map(({ policy }) => POLICY_TITLES[policy] ?? policy).join(', ')}
      </span>
    </span>
  );
}

import { Link } from '@tanstack/react-router';
import type { PostureObject } from '#contract';
import { PlainWords } from '../../trouble/plain-words.tsx';
import { showCount } from '../../ui/amounts.ts';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { EFFECTS, POLICY_TITLES } from './stricter-policies.ts';
import styles from './trust.module.css';

/** What was negotiated in the last 30 days, and what would break under more. */
export function PostureSection({ posture }: { posture: PostureObject }) {
  const { connections, versions, ciphers, keyExchanges, refusals, stricter, legacyPolicies } = posture;
  const used = [
    ...versions.map((each) => ({ kind: 'Version', what: each.version, ...each })),
    ...ciphers.map((each) => ({ kind: 'Cipher', what: each.cipher, ...each })),
    ...keyExchanges.map((each) => ({ kind: 'Key exchange', what: each.group, ...each })),
    ...refusals.map((each) => ({ kind: 'Refused', what: each.error, ...each })),
  ];
  return (
    <>
      <Section title="What a stricter policy would break">
        <SimpleTable
          caption="Stricter policies"
          rows={stricter}
          rowKey={({ policy }) => policy}
          columns={[
            {
              id: 'policy',
              title: 'If this were demanded',
              main: true,
              cell: ({ policy }) => POLICY_TITLES[policy] ?? policy,
            },
            {
              id: 'effect',
              title: 'Effect',
              cell: ({ effect }) => <Badge tone={EFFECTS[effect].tone}>{EFFECTS[effect].says}</Badge>,
            },
            { id: 'says', title: 'Why', cell: ({ says }) => <PlainWords text={says} /> },
          ]}
        />
      </Section>
      <Section
        title="TLS in the last 30 days"
        actions={
          <Link to="/tls" search={{ endpoint: posture.endpoint }}>
            All handshakes
          </Link>
        }
      >
        {connections.total === 0 ? (
          <EmptyState title="There was no connection of a run in the last 30 days." />
        ) : (
          <>
            <p>
              {showCount(connections.total)} connections: {showCount(connections.accepted)} accepted,{' '}
              {showCount(connections.refused)} refused, {showCount(connections.unprotected)} without
              protection.
            </p>
            {legacyPolicies.length > 0 && (
              <p className={styles['days']}>
                <Badge tone="warn">legacy</Badge> {legacyPolicies.join(', ')}
              </p>
            )}
            <SimpleTable
              caption="What was negotiated"
              rows={used}
              rowKey={({ kind, what }) => `${kind} ${what}`}
              columns={[
                {
                  id: 'what',
                  title: 'Negotiated',
                  main: true,
                  cell: ({ what }) => <OutsideText text={what} />,
                },
                { id: 'kind', title: 'Part', cell: ({ kind }) => kind },
                {
                  id: 'count',
                  title: 'Connections',
                  numeric: true,
                  cell: (row) => showCount(row.connections),
                },
                { id: 'last', title: 'Last', cell: ({ lastSeenAt }) => <Moment at={lastSeenAt} relative /> },
              ]}
            />
          </>
        )}
      </Section>
    </>
  );
}

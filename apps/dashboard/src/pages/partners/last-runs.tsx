import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { call } from '../../api/call.ts';
import { countOf, showDuration } from '../../ui/amounts.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Moment } from '../../ui/moment.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { StateBadge } from '../../ui/state-badge.tsx';

const SHOWN = 8;

/** How it went the last times. */
export function LastRuns({ partner }: { partner: string }) {
  const runs = useQuery({
    queryKey: ['listRuns', { partner, limit: SHOWN }],
    queryFn: () => call('listRuns', { query: { partner, limit: SHOWN } }),
  });
  return (
    <Section
      title="Last runs"
      actions={
        <Link to="/runs" search={{ partner }}>
          All its runs
        </Link>
      }
    >
      <Loaded query={runs} what="The runs could not be read">
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="Nothing has run yet." />
          ) : (
            <SimpleTable
              caption={`Last runs of ${partner}`}
              rows={items}
              rowKey={({ id }) => id}
              columns={[
                {
                  id: 'when',
                  title: 'Begun',
                  main: true,
                  cell: ({ id, createdAt, startedAt }) => (
                    <Link to="/runs/$id" params={{ id }}>
                      <Moment at={startedAt ?? createdAt} />
                    </Link>
                  ),
                },
                {
                  id: 'route',
                  title: 'Route',
                  cell: ({ route }) => (
                    <Link to="/routes/$name" params={{ name: route }}>
                      {route}
                    </Link>
                  ),
                },
                { id: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
                {
                  id: 'files',
                  title: 'Files',
                  numeric: true,
                  cell: ({ transferCounts }) => filesText(transferCounts),
                },
                {
                  id: 'took',
                  title: 'Took',
                  numeric: true,
                  cell: ({ startedAt, finishedAt }) =>
                    startedAt && finishedAt
                      ? showDuration(Date.parse(finishedAt) - Date.parse(startedAt))
                      : '–',
                },
              ]}
            />
          )
        }
      </Loaded>
    </Section>
  );
}

function filesText(counts: Partial<Record<string, number>>): string {
  return countOf(
    Object.values(counts).reduce<number>((all, count) => all + (count ?? 0), 0),
    'file',
  );
}

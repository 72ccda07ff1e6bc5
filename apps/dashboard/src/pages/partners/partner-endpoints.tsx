import { Link } from '@tanstack/react-router';
import { useMay } from '../../session/me.ts';
import { DaysBadge } from '../../tls-facts/days-badge.tsx';
import { buttonClass } from '../../ui/button.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { SimpleTable } from '../../ui/simple-table.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { placeOf, protocolOf, standingOf } from '../endpoints/endpoint-summary.ts';
import type { PartnerSummary } from './partner-summary.ts';
import type { useExchange } from './use-exchange.ts';

type Known = ReturnType<typeof useExchange>['known'];

/** Its servers, with what each needs. */
export function PartnerEndpoints({ partner, known }: { partner: PartnerSummary; known: Known }) {
  const may = useMay();
  const rows = partner.endpoints.map((endpoint) => {
    const posture = known.posture.find((each) => each.endpoint === endpoint.name);
    return {
      endpoint,
      standing: standingOf(endpoint, known.incidents, posture),
      shown: posture?.certificates[0],
    };
  });
  return (
    <Section title="Endpoints">
      {rows.length === 0 ? (
        <EmptyState title="It has no endpoint yet.">
          <p>An endpoint says where its server is and as whom to log in there.</p>
          {may('createEndpoint') && (
            <Link to="/new/endpoint" search={{ partner: partner.name }} className={buttonClass()}>
              Add an endpoint
            </Link>
          )}
        </EmptyState>
      ) : (
        <SimpleTable
          caption={`Endpoints of ${partner.name}`}
          rows={rows}
          rowKey={({ endpoint }) => endpoint.name}
          columns={[
            {
              id: 'name',
              title: 'Endpoint',
              main: true,
              cell: ({ endpoint: { name } }) => (
                <Link to="/endpoints/$name" params={{ name }}>
                  {name}
                </Link>
              ),
            },
            { id: 'protocol', title: 'Protocol', cell: ({ endpoint }) => protocolOf(endpoint) },
            {
              id: 'place',
              title: 'Where',
              cell: ({ endpoint }) => (
                <span className="mono">
                  <OutsideText text={placeOf(endpoint)} />
                </span>
              ),
            },
            {
              id: 'state',
              title: 'State',
              cell: ({ standing: { tone, says } }) => <Badge tone={tone}>{says}</Badge>,
            },
            {
              id: 'certificate',
              title: 'Certificate',
              cell: ({ shown }) => (shown ? <DaysBadge daysLeft={shown.daysLeft} /> : '–'),
            },
          ]}
        />
      )}
    </Section>
  );
}

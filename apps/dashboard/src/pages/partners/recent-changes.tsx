import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ConfigurationChangeObject } from '#contract';
import { call } from '../../api/call.ts';
import type { FieldSpec } from '../../forms/field-spec.ts';
import { OneChange } from '../../forms/one-change.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Section } from '../../ui/page.tsx';
import { ENDPOINT_FIELDS } from '../endpoints/endpoint-fields.ts';
import { ROUTE_FIELDS } from '../routes/route-fields.ts';
import { PARTNER_FIELDS } from './partner-fields.ts';
import type { PartnerSummary } from './partner-summary.ts';
import styles from './partners.module.css';

const LOOKED_AT = 200;
const SHOWN = 8;
const FIELDS: Readonly<Record<ConfigurationChangeObject['noun'], readonly FieldSpec[]>> = {
  partner: PARTNER_FIELDS,
  endpoint: ENDPOINT_FIELDS,
  route: ROUTE_FIELDS,
};

/** What was changed of the partner, its endpoints and its routes, among the latest changes of all. */
export function RecentChanges({ partner }: { partner: PartnerSummary }) {
  const changes = useQuery({
    queryKey: ['listConfigurationChanges', { limit: LOOKED_AT }],
    queryFn: () => call('listConfigurationChanges', { query: { limit: LOOKED_AT } }),
  });
  const isOwn = ({ noun, name }: ConfigurationChangeObject) => {
    if (noun === 'partner') return name === partner.name;
    return (noun === 'endpoint' ? partner.endpoints : partner.routes).some((own) => own.name === name);
  };
  return (
    <Section title="Recent changes">
      <Loaded query={changes} what="The changes could not be read">
        {({ items, nextCursor }) => {
          const own = items.filter(isOwn).slice(0, SHOWN);
          if (own.length === 0)
            return (
              <EmptyState title={nextCursor === null ? 'Nobody has changed it.' : 'Not changed lately.'} />
            );
          return (
            <ol className={styles['changes']}>
              {own.map((change) => (
                <li key={change.id}>
                  <OneChange change={change} specs={FIELDS[change.noun]} named />
                </li>
              ))}
            </ol>
          );
        }}
      </Loaded>
      {partner.endpoints.length > 0 && (
        <p className={styles['muted']}>
          Everything that was ever changed stands with each object:{' '}
          {partner.endpoints.slice(0, 3).map(({ name }, index) => (
            <span key={name}>
              {index > 0 && ', '}
              <Link to="/endpoints/$name" params={{ name }} search={{ part: 'history' }}>
                {name}
              </Link>
            </span>
          ))}
          {partner.endpoints.length > 3 && ' …'}
        </p>
      )}
    </Section>
  );
}

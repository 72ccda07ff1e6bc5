import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { Refused } from '../../api/problem.ts';
import { configuredQuery } from '../../forms/configured-object.ts';
import { DeleteDialog } from '../../forms/delete-dialog.tsx';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { Menu } from '../../ui/menu.tsx';
import { EmptyState, Page, Section } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { RouteList } from '../endpoints/endpoint-routes.tsx';
import { LastRuns } from './last-runs.tsx';
import { PartnerEndpoints } from './partner-endpoints.tsx';
import { PartnerPosture } from './partner-posture.tsx';
import { summarise } from './partner-summary.ts';
import { PartnerState } from './partners-page.tsx';
import { RecentChanges } from './recent-changes.tsx';
import { useExchange } from './use-exchange.ts';

/** One partner: its servers, its routes, how the last runs went, how well it speaks TLS. */
export function PartnerPage() {
  const { name } = useParams({ from: '/signed-in/partners/$name' });
  const may = useMay();
  const read = useQuery(configuredQuery('partner', name));
  const { known, isKnown, error } = useExchange();
  if (read.error instanceof Refused && read.error.status === 404)
    return (
      <Page title={name}>
        <EmptyState title="There is no partner of this name, or it is not one of yours.">
          <Link to="/partners">All partners</Link>
        </EmptyState>
      </Page>
    );
  const partner = summarise(name, known);
  return (
    <Page
      title={name}
      beside={read.data && isKnown && <PartnerState partner={partner} />}
      actions={
        <>
          {may('deletePartner') && read.data && <DeletePartner name={name} etag={read.data.etag} />}
          {may('createEndpoint') && (
            <Link to="/new/endpoint" search={{ partner: name }} className={buttonClass('primary')}>
              <Icon name="plus" /> Add an endpoint
            </Link>
          )}
        </>
      }
    >
      <Loaded query={read} what="The partner could not be read" skeleton={<Skeleton height="24rem" />}>
        {() => (
          <>
            {error && <ProblemNotice error={error} what="What belongs to it could not be read" />}
            {isKnown ? <PartnerEndpoints partner={partner} known={known} /> : <Skeleton height="9rem" />}
            <Section title="Routes">
              <RouteList
                wanted={({ partners }) => partners.includes(name)}
                none="No route leads from or to it yet."
              />
            </Section>
            <LastRuns partner={name} />
            {isKnown ? (
              <PartnerPosture posture={known.posture.filter((each) => each.partner === name)} />
            ) : (
              <Skeleton height="9rem" />
            )}
            {may('listConfigurationChanges') && isKnown && <RecentChanges partner={partner} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function DeletePartner({ name, etag }: { name: string; etag: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Menu label="More" entries={[{ title: 'Delete', danger: true, onChoose: () => setOpen(true) }]} />
      <DeleteDialog
        noun="partner"
        name={name}
        etag={etag}
        description="That is possible while it has no endpoints. What was exchanged with it stays in the evidence."
        open={open}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { readAll } from '../../api/read-all.ts';
import { ChangeHistory } from '../../forms/change-history.tsx';
import { configuredQuery } from '../../forms/configured-object.ts';
import { WaitingApprovals } from '../../forms/waiting-approvals.tsx';
import { useMay } from '../../session/me.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { OneObject } from '../../ui/one-object.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { type Tab, Tabs } from '../../ui/tabs.tsx';
import { CertificatesSection } from './certificates-section.tsx';
import { DeleteEndpoint } from './delete-endpoint.tsx';
import { DoctorPanel } from './doctor-panel.tsx';
import { EndpointFacts } from './endpoint-facts.tsx';
import { ENDPOINT_FIELDS } from './endpoint-fields.ts';
import { EndpointOverview } from './endpoint-overview.tsx';
import { postureQuery } from './endpoint-queries.ts';
import { type Endpoint, protocolOf, standingOf } from './endpoint-summary.ts';
import styles from './endpoints.module.css';
import { PauseActions } from './pause-actions.tsx';
import { PinsSection } from './pins-section.tsx';
import { PostureSection } from './posture-section.tsx';

const PARTS = ['overview', 'doctor', 'trust', 'configuration', 'history'] as const;
type Part = (typeof PARTS)[number];

/** One server or directory: whether it works, what the doctor says, whom it trusts, how it is set, who changed it. */
export function EndpointPage() {
  const { name } = useParams({ from: '/signed-in/endpoints/$name' });
  const read = useQuery(configuredQuery('endpoint', name));
  return (
    <OneObject
      query={read}
      title={name}
      what="The endpoint could not be read"
      none="There is no endpoint of this name, or it is not one of yours."
      others={<Link to="/endpoints">All endpoints</Link>}
      height="24rem"
    >
      {({ object, etag }) => <EndpointShown key={name} endpoint={object} etag={etag} />}
    </OneObject>
  );
}

function EndpointShown({ endpoint, etag }: { endpoint: Endpoint; etag: string }) {
  const { name } = endpoint;
  const may = useMay();
  const posture = useQuery({ ...postureQuery(name), enabled: endpoint.protocol !== 'local' });
  const incidents = useQuery(readAll('listIncidents', { state: 'unresolved', endpoint: name }));
  const { part, new: made } = useSearch({ strict: false });
  const navigate = useNavigate({ from: '/endpoints/$name' });
  const standing = standingOf(endpoint, incidents.data ?? [], posture.data ?? undefined);
  const chosen = PARTS.find((known) => known === part) ?? 'overview';
  const isServer = endpoint.protocol !== 'local';
  const tabs: Tab<Part>[] = [
    {
      id: 'overview',
      title: 'Overview',
      content: (
        <EndpointOverview endpoint={endpoint} posture={posture.data} incidents={incidents.data ?? []} />
      ),
    },
    ...(isServer
      ? [
          {
            id: 'doctor' as const,
            title: 'Doctor',
            content: <DoctorPanel endpoint={endpoint} isNew={made !== undefined} />,
          },
        ]
      : []),
    ...(endpoint.protocol === 'ftps'
      ? [
          {
            id: 'trust' as const,
            title: 'Certificate and TLS',
            content: (
              <Loaded
                query={posture}
                what="What was seen of TLS could not be read"
                skeleton={<Skeleton height="24rem" />}
              >
                {(seen) => (
                  <div className={styles['stack']}>
                    <PinsSection name={name} pins={endpoint.tls.pins} posture={seen} />
                    {seen && <CertificatesSection name={name} posture={seen} />}
                    {seen && <PostureSection posture={seen} />}
                  </div>
                )}
              </Loaded>
            ),
          },
        ]
      : []),
    {
      id: 'configuration',
      title: 'Configuration',
      content: (
        <div className={styles['stack']}>
          <EndpointFacts endpoint={endpoint} />
        </div>
      ),
    },
    ...(may('listConfigurationChanges')
      ? [
          {
            id: 'history' as const,
            title: 'History',
            content: (
              <Section title="Who changed what">
                <ChangeHistory noun="endpoint" name={name} specs={ENDPOINT_FIELDS} />
              </Section>
            ),
          },
        ]
      : []),
  ];
  return (
    <Page
      title={name}
      beside={
        <>
          <Badge tone={standing.tone}>{standing.says}</Badge>
          <span className={styles['muted']}>
            {protocolOf(endpoint)}
            {endpoint.partner !== undefined && (
              <>
                {' of '}
                <Link to="/partners/$name" params={{ name: endpoint.partner }}>
                  {endpoint.partner}
                </Link>
              </>
            )}
          </span>
        </>
      }
      actions={
        <>
          <PauseActions endpoint={endpoint} />
          {may('deleteEndpoint') && <DeleteEndpoint name={name} etag={etag} />}
          {may('changeEndpoint') && (
            <Link
              to="/endpoints/$name/edit"
              params={{ name }}
              className={buttonClass(chosen === 'doctor' ? 'plain' : 'primary')}
            >
              <Icon name="edit" /> Edit
            </Link>
          )}
        </>
      }
    >
      <WaitingApprovals noun="endpoint" name={name} specs={ENDPOINT_FIELDS} />
      <Tabs
        label={`Parts of ${name}`}
        tabs={tabs}
        value={tabs.some(({ id }) => id === chosen) ? chosen : 'overview'}
        onChange={(id) => void navigate({ search: id === 'overview' ? {} : { part: id }, replace: true })}
      />
    </Page>
  );
}

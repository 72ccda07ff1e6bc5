import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ProbeObject } from '#contract';
import { formQuery, type Read } from '../../forms/configured-object.ts';
import { useMay } from '../../session/me.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { tell } from '../../ui/tell.tsx';
import { EndpointForm } from './endpoint-form.tsx';
import { probeQuery } from './endpoint-queries.ts';
import { settingsOf, stepTitle } from './finding-settings.ts';

/** Changes an endpoint; with `probe` and `finding` in the address what the doctor wants is filled in. */
export function EditEndpointPage() {
  const { name } = useParams({ from: '/signed-in/endpoints/$name/edit' });
  const { probe: probeId, finding } = useSearch({ strict: false });
  const may = useMay();
  const read = useQuery(formQuery('endpoint', name));
  const probe = useQuery({ ...probeQuery(probeId ?? ''), enabled: probeId !== undefined });
  const title = `Edit ${name}`;
  if (!may('changeEndpoint'))
    return (
      <Page title={title}>
        <EmptyState title="Only an admin changes endpoints." />
      </Page>
    );
  return (
    <Page title={title}>
      <Loaded query={read} what="The endpoint could not be read" skeleton={<Skeleton height="40rem" />}>
        {(endpoint) =>
          probeId !== undefined ? (
            <Loaded
              query={probe}
              what="What the doctor found could not be read"
              skeleton={<Skeleton height="40rem" />}
            >
              {(found) => <Edit read={endpoint} probe={found} finding={finding} />}
            </Loaded>
          ) : (
            <Edit read={endpoint} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Edit({
  read,
  probe,
  finding,
}: {
  read: Read<'endpoint'>;
  probe?: ProbeObject;
  finding?: string | undefined;
}) {
  const navigate = useNavigate();
  const { name } = read.object;
  const back = () =>
    void navigate({ to: '/endpoints/$name', params: { name }, search: probe ? { part: 'doctor' } : {} });
  return (
    <EndpointForm
      read={read}
      proposal={probe?.endpoint === name ? proposalOf(probe, finding) : undefined}
      onCancel={back}
      onSaved={() => {
        tell(
          probe
            ? {
                title: `${name} is changed.`,
                description: 'Examine it again to see whether it is right now.',
              }
            : `${name} is changed.`,
        );
        back();
      }}
    />
  );
}

/** Only what the doctor himself has recorded is filled in, never a value from the address. */
function proposalOf(probe: ProbeObject, finding: string | undefined) {
  const one = finding === 'all' ? undefined : probe.findings[Number(finding)];
  const values = settingsOf(finding === 'all' ? probe.findings : one ? [one] : []);
  if (Object.keys(values).length === 0) return undefined;
  const says = one
    ? `What the doctor found at “${stepTitle(one.step)}” is filled in.`
    : 'All that the doctor wants is filled in.';
  return { says, values };
}

/** A new endpoint; the doctor comes next. */
export function NewEndpointPage() {
  const { partner } = useSearch({ strict: false });
  const may = useMay();
  const navigate = useNavigate();
  if (!may('createEndpoint'))
    return (
      <Page title="New endpoint">
        <EmptyState title="Only an admin makes endpoints." />
      </Page>
    );
  return (
    <Page title="New endpoint">
      <EndpointForm
        start={{ protocol: 'ftps', ...(partner !== undefined && { partner }) }}
        onCancel={() => void navigate({ to: '/endpoints' })}
        onSaved={({ object: { name, protocol } }) => {
          tell({
            title: `${name} is made.`,
            ...(protocol !== 'local' && { description: 'The doctor says whether it works.' }),
          });
          void navigate({
            to: '/endpoints/$name',
            params: { name },
            search: protocol === 'local' ? {} : { part: 'doctor', new: '1' },
          });
        }}
      />
    </Page>
  );
}

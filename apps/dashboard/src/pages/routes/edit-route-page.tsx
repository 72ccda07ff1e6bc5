import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { formQuery, type Read } from '../../forms/configured-object.ts';
import { useMay } from '../../session/me.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState, Page } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { tell } from '../../ui/tell.tsx';
import { RouteForm } from './route-form.tsx';

export function EditRoutePage() {
  const { name } = useParams({ from: '/signed-in/routes/$name/edit' });
  const may = useMay();
  const read = useQuery(formQuery('route', name));
  const title = `Edit ${name}`;
  if (!may('changeRoute'))
    return (
      <Page title={title}>
        <EmptyState title="Only an admin changes routes." />
      </Page>
    );
  return (
    <Page title={title}>
      <Loaded query={read} what="The route could not be read" skeleton={<Skeleton height="40rem" />}>
        {(route) => <Edit read={route} />}
      </Loaded>
    </Page>
  );
}

function Edit({ read }: { read: Read<'route'> }) {
  const navigate = useNavigate();
  const { name } = read.object;
  const back = () => void navigate({ to: '/routes/$name', params: { name } });
  return (
    <RouteForm
      read={read}
      onCancel={back}
      onSaved={() => {
        tell(`${name} is changed.`);
        back();
      }}
    />
  );
}

/** A new route; its first run comes next. `?source=` and `?destination=` say where the person came from. */
export function NewRoutePage() {
  const { source, destination } = useSearch({ strict: false });
  const may = useMay();
  const navigate = useNavigate();
  const [start] = useState({
    ...(source !== undefined && { source: { endpoint: source } }),
    ...(destination !== undefined && { destination: { endpoint: destination } }),
  });
  if (!may('createRoute'))
    return (
      <Page title="New route">
        <EmptyState title="Only an admin makes routes." />
      </Page>
    );
  return (
    <Page title="New route">
      <RouteForm
        start={start}
        onCancel={() => void navigate({ to: '/routes' })}
        onSaved={({ object: { name } }) => {
          void navigate({ to: '/routes/$name', params: { name }, search: { new: '1' } });
        }}
      />
    </Page>
  );
}

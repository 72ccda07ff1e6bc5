import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeObject } from '../../forms/configured-object.ts';
import { DeleteDialog } from '../../forms/delete-dialog.tsx';
import { tellWaiting } from '../../forms/tell-waiting.ts';
import { useMay } from '../../session/me.ts';
import { ConfirmDialog } from '../../ui/ask-dialog.tsx';
import { Menu, type MenuEntry } from '../../ui/menu.tsx';
import { tell } from '../../ui/tell.tsx';
import type { Route } from './route-words.ts';

/** Switches a route off and on, and deletes one that has never run. */
export function SwitchRoute({ route: { name, enabled }, etag }: { route: Route; etag: string }) {
  const may = useMay();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<'switch' | 'delete'>();
  const close = () => setAsked(undefined);
  const turn = async () => {
    const saved = await changeObject('route', name, { enabled: !enabled }, etag);
    await queries.invalidateQueries({
      predicate: ({ queryKey }) =>
        /^(getRoute|previewSchedule|list(Routes|ConfigurationChanges|Approvals|UpcomingFires))$/.test(
          String(queryKey[0]),
        ),
    });
    if (saved.state === 'saved') tell(enabled ? `${name} is switched off.` : `${name} is switched on.`);
    else tellWaiting(saved.approval.id);
  };
  const entries: MenuEntry[] = [
    ...(may('changeRoute')
      ? [
          {
            title: enabled ? 'Switch off' : 'Switch on',
            icon: enabled ? ('stop' as const) : ('play' as const),
            onChoose: () => setAsked('switch'),
          },
        ]
      : []),
    ...(may('deleteRoute') ? [{ title: 'Delete', danger: true, onChoose: () => setAsked('delete') }] : []),
  ];
  if (entries.length === 0) return null;
  return (
    <>
      <Menu label="More" entries={entries} />
      <ConfirmDialog
        open={asked === 'switch'}
        onClose={close}
        title={enabled ? `Switch ${name} off?` : `Switch ${name} on?`}
        description={
          enabled
            ? 'Its schedule fires no more, and nobody can run it. What is under way comes to its end. To hold it for some hours only, pause it.'
            : 'Its schedule fires again from the next moment on, and it can be run.'
        }
        confirm={enabled ? 'Switch off' : 'Switch on'}
        onConfirm={turn}
      />
      <DeleteDialog
        noun="route"
        name={name}
        etag={etag}
        description="Only a route that has never run can be deleted: what it has moved stays on record under its name. Switch it off where it is not needed any more."
        open={asked === 'delete'}
        onClose={close}
      />
    </>
  );
}

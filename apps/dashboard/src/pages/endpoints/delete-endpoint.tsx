import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { deleteObject } from '../../forms/configured-object.ts';
import { ConfirmDialog } from '../../ui/ask-dialog.tsx';
import { Menu } from '../../ui/menu.tsx';
import { tell } from '../../ui/tell.tsx';

/** Deletes what no route uses and no record names; the api says why where it cannot. */
export function DeleteEndpoint({ name, etag }: { name: string; etag: string }) {
  const [open, setOpen] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const confirm = async () => {
    await deleteObject('endpoint', name, etag);
    await navigate({ to: '/endpoints' });
    queries.removeQueries({ queryKey: ['getEndpoint', name] });
    await queries.invalidateQueries({ queryKey: ['listEndpoints'] });
    tell(`${name} is deleted.`);
  };
  return (
    <>
      <Menu label="More" entries={[{ title: 'Delete', danger: true, onChoose: () => setOpen(true) }]} />
      <ConfirmDialog
        open={open}
        danger
        onClose={() => setOpen(false)}
        title={`Delete ${name}?`}
        description="That is possible while no route uses it and nothing was ever moved over it. Pause it where you only want it to rest."
        confirm="Delete"
        onConfirm={confirm}
      />
    </>
  );
}

import { useState } from 'react';
import { DeleteDialog } from '../../forms/delete-dialog.tsx';
import { Menu } from '../../ui/menu.tsx';

/** Deletes what no route uses and no record names; the api says why where it cannot. */
export function DeleteEndpoint({ name, etag }: { name: string; etag: string }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Menu label="More" entries={[{ title: 'Delete', danger: true, onChoose: () => setOpen(true) }]} />
      <DeleteDialog
        noun="endpoint"
        name={name}
        etag={etag}
        description="That is possible while no route uses it and nothing was ever moved over it. Pause it where you only want it to rest."
        open={open}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

import { useState } from 'react';
import { Button } from '../ui/button.tsx';
import { Dialog, DialogActions } from '../ui/dialog.tsx';
import { DifferenceTable } from './difference-table.tsx';
import type { FieldSpec } from './field-spec.ts';
import type { Difference } from './merge-patch.ts';

/** How much would be saved; what it is, at a press. */
export function ChangesToSave({
  differences,
  specs,
}: {
  differences: readonly Difference[];
  specs: readonly FieldSpec[];
}) {
  const [open, setOpen] = useState(false);
  if (differences.length === 0) return 'Nothing is changed.';
  return (
    <>
      <Button look="quiet" onClick={() => setOpen(true)}>
        {differences.length === 1 ? '1 option changed' : `${differences.length} options changed`}
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} wide title="What would be saved">
        <DifferenceTable caption="What would be saved" differences={differences} specs={specs} />
        <DialogActions>
          <Button onClick={() => setOpen(false)}>Close</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}

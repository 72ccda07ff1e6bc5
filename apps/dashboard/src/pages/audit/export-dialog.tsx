import { useState } from 'react';
import { addressOf } from '../../api/call.ts';
import { instantOf } from '../../filters/time-range.ts';
import { useTimeZone } from '../../look/zone.tsx';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { Icon } from '../../ui/icon.tsx';
import styles from './audit.module.css';

/** All events of a time as a file, whatever the list shows: a plain link, the browser downloads while the api still reads. */
export function ExportDialog({ onClose }: { onClose(): void }) {
  const zone = useTimeZone();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const bound = (local: string) => (local === '' ? undefined : instantOf(local, zone));
  const backwards = from !== '' && to !== '' && to <= from;
  const href = addressOf('exportAuditEvents', { query: { from: bound(from), to: bound(to) } });
  return (
    <Dialog
      open
      title="Export audit events"
      description="One event a line (JSON lines), oldest first: all that you may see, also what the list above leaves out. A file that breaks off is not all."
      onClose={onClose}
    >
      <div className={styles['range']}>
        <TextField
          label="From"
          hint="Empty: from the beginning"
          type="datetime-local"
          value={from}
          onChange={(event) => setFrom(event.target.value)}
        />
        <TextField
          label="Until"
          hint="Empty: until now"
          type="datetime-local"
          problem={backwards ? 'It is not after the beginning.' : undefined}
          value={to}
          onChange={(event) => setTo(event.target.value)}
        />
      </div>
      <p className={styles['muted']}>Times as in {zone}.</p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        {backwards ? (
          <Button look="primary" disabled>
            Download
          </Button>
        ) : (
          <a href={href} download className={buttonClass('primary')} onClick={onClose}>
            <Icon name="export" /> Download
          </a>
        )}
      </DialogActions>
    </Dialog>
  );
}

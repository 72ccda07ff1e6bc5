import { useState } from 'react';
import { ReasonDialog } from '../../ui/ask-dialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import styles from './incidents.module.css';
import { momentOf, type SnoozePreset, snoozePresets } from './snooze-until.ts';

interface SnoozeDialogProps {
  open: boolean;
  onClose(): void;
  onSnooze(until: Date, note: string): Promise<unknown>;
}

const OWN = 'own';

/** Puts an incident aside until a moment: one of those that people mean, or an own one. */
export function SnoozeDialog({ open, onClose, onSnooze }: SnoozeDialogProps) {
  // As it was when it was opened: presets must not run away from who reads them.
  const [presets, setPresets] = useState<SnoozePreset[]>([]);
  if (open && presets.length === 0) setPresets(snoozePresets(new Date()));
  if (!open && presets.length > 0) setPresets([]);
  const [chosen, setChosen] = useState('1h');
  const [own, setOwn] = useState('');
  const [problem, setProblem] = useState<string>();
  const snooze = async (note = '') => {
    const until = chosen === OWN ? momentOf(own) : presets.find(({ id }) => id === chosen)?.until;
    if (!until || until <= new Date()) {
      setProblem('It must be a moment to come.');
      throw new Error('The incident is not put aside: say until when.');
    }
    setProblem(undefined);
    await onSnooze(until, note);
  };
  return (
    <ReasonDialog
      open={open}
      onClose={onClose}
      title="Snooze this incident?"
      description="It is put aside until then. After that it is open again, if it is not over."
      confirm="Snooze"
      reason="optional"
      onConfirm={snooze}
    >
      <fieldset className={styles['presets']}>
        <legend className="visually-hidden">How long</legend>
        {presets.map(({ id, title }) => (
          <Preset key={id} id={id} title={title} chosen={chosen} onChoose={setChosen} />
        ))}
        <Preset id={OWN} title="until another moment" chosen={chosen} onChoose={setChosen} />
      </fieldset>
      {chosen === OWN && (
        <TextField
          label="Until"
          type="datetime-local"
          required
          value={own}
          problem={problem}
          hint="By the clock of this computer."
          onChange={(event) => setOwn(event.target.value)}
        />
      )}
    </ReasonDialog>
  );
}

interface PresetProps {
  id: string;
  title: string;
  chosen: string;
  onChoose(id: string): void;
}

function Preset({ id, title, chosen, onChoose }: PresetProps) {
  return (
    <label className={styles['preset']}>
      <input type="radio" name="snooze" value={id} checked={chosen === id} onChange={() => onChoose(id)} />
      {title}
    </label>
  );
}

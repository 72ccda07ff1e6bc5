import { Popover } from '@base-ui/react/popover';
import { type FormEvent, useState } from 'react';
import { useTimeZone } from '../look/zone.tsx';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/fields.tsx';
import { Icon } from '../ui/icon.tsx';
import { joinClasses } from '../ui/join-classes.ts';
import { shortMoment } from '../ui/moment-text.ts';
import styles from './filters.module.css';
import { instantOf, localTextOf, PRESETS, type PresetId, type TimeRange } from './time-range.ts';

interface TimeRangeChooserProps {
  range: TimeRange;
  onChange(range: TimeRange): void;
  /** Where nothing is chosen: `Any time`. */
  otherwise?: string;
}

/** From when to when: what people mostly want by one click, anything else by two moments on the clock that is shown. */
export function TimeRangeChooser({ range, onChange, otherwise = 'Any time' }: TimeRangeChooserProps) {
  const zone = useTimeZone();
  const [open, setOpen] = useState(false);
  const choose = (chosen: TimeRange) => {
    onChange(chosen);
    setOpen(false);
  };
  const said = sayRange(range, zone, new Date()) ?? otherwise;
  const isSet = said !== otherwise;
  return (
    <div className={joinClasses(styles['pill'], isSet ? styles['set'] : styles['time'])}>
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger className={styles['trigger']} aria-label={`Time: ${said}`}>
          <Icon name="clock" />
          {isSet ? <strong>{said}</strong> : <span>{said}</span>}
          <Icon name="down" />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Positioner align="end" sideOffset={6} className={styles['positioner']}>
            <Popover.Popup className={joinClasses(styles['popup'], styles['times'])}>
              <Popover.Title className="visually-hidden">Time</Popover.Title>
              <ul>
                <Choice title={otherwise} chosen={!isSet} onChoose={() => choose({})} />
                {(Object.keys(PRESETS) as PresetId[]).map((preset) => (
                  <Choice
                    key={preset}
                    title={PRESETS[preset].title}
                    beside={preset === 'tonight' ? 'since 18:00' : undefined}
                    chosen={range.preset === preset}
                    onChoose={() => choose({ preset })}
                  />
                ))}
              </ul>
              <OwnRange range={range} zone={zone} onChoose={choose} />
            </Popover.Popup>
          </Popover.Positioner>
        </Popover.Portal>
      </Popover.Root>
    </div>
  );
}

interface ChoiceProps {
  title: string;
  beside?: string | undefined;
  chosen: boolean;
  onChoose(): void;
}

function Choice({ title, beside, chosen, onChoose }: ChoiceProps) {
  return (
    <li>
      <button type="button" aria-pressed={chosen} className={styles['option']} onClick={onChoose}>
        <span className={styles['tick']}>{chosen && <Icon name="check" />}</span>
        {title}
        {beside && <span className={styles['beside']}>{beside}</span>}
      </button>
    </li>
  );
}

function OwnRange({
  range,
  zone,
  onChoose,
}: {
  range: TimeRange;
  zone: string;
  onChoose(range: TimeRange): void;
}) {
  const [since, setSince] = useState(localTextOf(range.since, zone));
  const [until, setUntil] = useState(localTextOf(range.until, zone));
  const backwards = since !== '' && until !== '' && since > until;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (backwards) return;
    onChoose({ since: instantOf(since, zone), until: instantOf(until, zone) });
  };
  return (
    <form className={styles['own']} onSubmit={submit}>
      <TextField
        label="From"
        type="datetime-local"
        value={since}
        onChange={(event) => setSince(event.target.value)}
      />
      <TextField
        label="To"
        type="datetime-local"
        value={until}
        hint={`On the clock of ${zone}`}
        problem={backwards ? 'It is before the beginning.' : undefined}
        onChange={(event) => setUntil(event.target.value)}
      />
      <Button type="submit" disabled={since === '' && until === ''}>
        Show
      </Button>
    </form>
  );
}

/** undefined where nothing is chosen. */
function sayRange({ preset, since, until }: TimeRange, zone: string, now: Date): string | undefined {
  if (preset) return PRESETS[preset].title;
  const [from, to] = [since, until].map((at) => at && shortMoment(new Date(at), zone, now));
  if (from && to) return `${from} – ${to}`;
  if (from) return `Since ${from}`;
  return to && `Until ${to}`;
}

import { SelectField } from '../../ui/fields.tsx';

const HOUR_MS = 3_600_000;
const CHOICES = [
  { hours: 1, title: 'for 1 hour' },
  { hours: 6, title: 'for 6 hours' },
  { hours: 24, title: 'for a day' },
  { hours: 72, title: 'for 3 days' },
] as const;

/** Just now over: what was due in it is what the misfire policy decides on. */
export interface Outage {
  hours: number;
  from: string;
  downUntil: string;
}

function outageOf(hours: number): Outage {
  const until = Date.now();
  return {
    hours,
    from: new Date(until - hours * HOUR_MS).toISOString(),
    downUntil: new Date(until).toISOString(),
  };
}

/** Shows the same schedule as if nothing had run for a while. */
export function OutageField({
  outage,
  onChange,
}: {
  outage: Outage | undefined;
  onChange(outage: Outage | undefined): void;
}) {
  return (
    <SelectField
      label="As if Waybill had been down"
      value={outage === undefined ? '' : String(outage.hours)}
      onChange={({ target: { value } }) => onChange(value === '' ? undefined : outageOf(Number(value)))}
    >
      <option value="">not at all</option>
      {CHOICES.map(({ hours, title }) => (
        <option key={hours} value={hours}>
          {title}, until now
        </option>
      ))}
    </SelectField>
  );
}

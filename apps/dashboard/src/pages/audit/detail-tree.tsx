import { DifferenceTable } from '../../forms/difference-table.tsx';
import { isObject } from '../../forms/path.ts';
import { OutsideText } from '../../ui/outside-text.tsx';
import styles from './audit.module.css';
import { isFieldChanges } from './field-changes.ts';

/** Deeper than anything that is recorded. */
const DEEPEST = 8;

/** What was recorded with an event, as names and values; every text as it is. */
export function DetailTree({ value, depth = 0 }: { value: unknown; depth?: number }) {
  if (depth > DEEPEST) return <Leaf value={JSON.stringify(value)} />;
  if (isFieldChanges(value))
    return <DifferenceTable caption="Before and after" differences={value} specs={[]} />;
  if (Array.isArray(value)) {
    if (value.length === 0) return <span className={styles['muted']}>none</span>;
    return (
      <ul className={styles['list']}>
        {value.map((item, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: what is recorded never changes
          <li key={index}>
            <DetailTree value={item} depth={depth + 1} />
          </li>
        ))}
      </ul>
    );
  }
  if (!isObject(value)) return <Leaf value={value} />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className={styles['muted']}>nothing</span>;
  return (
    <dl className={styles['tree']}>
      {entries.map(([name, item]) => (
        <div key={name} data-nested={isObject(item) || Array.isArray(item) || undefined}>
          <dt>
            <OutsideText text={name} />
          </dt>
          <dd>
            <DetailTree value={item} depth={depth + 1} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Leaf({ value }: { value: unknown }) {
  if (value === null || value === undefined) return <span className={styles['muted']}>none</span>;
  if (value === '') return <span className={styles['muted']}>empty</span>;
  return <OutsideText text={typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)} />;
}

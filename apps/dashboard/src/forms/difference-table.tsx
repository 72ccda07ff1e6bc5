import { OutsideText } from '../ui/outside-text.tsx';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';
import type { Difference } from './merge-patch.ts';
import { joinReferences, labelOf, valueTexts } from './show-value.ts';

interface DifferenceTableProps {
  /** `Changed by anna`: read out as the name of the table. */
  caption: string;
  differences: readonly Difference[];
  specs: readonly FieldSpec[];
}

/** Before and after, option by option. */
export function DifferenceTable({ caption, differences, specs }: DifferenceTableProps) {
  const rows = joinReferences(differences, specs);
  // Of something new there is no before.
  const isNew = rows.every(({ before }) => before === undefined || before === null);
  return (
    <table className={styles['differences']}>
      <caption className="visually-hidden">{caption}</caption>
      <thead className="visually-hidden">
        <tr>
          <th scope="col">Option</th>
          {!isNew && <th scope="col">Before</th>}
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ path, before, after }) => (
          <tr key={path}>
            <th scope="row" title={path}>
              {labelOf(path, specs)}
            </th>
            {!isNew && (
              <td className={styles['before']}>
                <Value value={before} path={path} specs={specs} />
              </td>
            )}
            <td className={styles['after']}>
              <Value value={after} path={path} specs={specs} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Value({ value, path, specs }: { value: unknown; path: string; specs: readonly FieldSpec[] }) {
  const texts = valueTexts(
    value,
    specs.find((each) => each.path === path),
  );
  if (texts.length === 0) return <span className={styles['muted']}>nothing</span>;
  return texts.map((text, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: equal texts have no identity but their place
    <div key={index}>
      <OutsideText text={text} />
    </div>
  ));
}

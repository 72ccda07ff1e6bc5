import { Link } from '@tanstack/react-router';
import type { Approval } from '#contract';
import { DifferenceTable } from '../../forms/difference-table.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { fieldsOf } from './approval-fields.ts';
import styles from './approvals.module.css';

const VERBS = { create: 'New', change: 'Change of', delete: 'Deletion of' } as const;
const NOUNS: Readonly<Record<string, string>> = { api_key: 'API key' };

type Change = Approval['changes'][number];

/** Each object with what it was and what it would be. */
export function ChangesShown({ approval: { changes } }: { approval: Approval }) {
  return changes.map((change) => (
    <div key={`${change.noun} ${change.name}`} className={styles['change']}>
      <h3>
        {VERBS[change.kind]} {NOUNS[change.noun] ?? change.noun} <ObjectName change={change} />
      </h3>
      {change.fields.length > 0 && (
        <DifferenceTable
          caption={`${change.noun} ${change.name}: before and after`}
          specs={fieldsOf(change.noun)}
          differences={change.fields.map(({ path, before, after }) => ({ path, before, after }))}
        />
      )}
    </div>
  ));
}

function ObjectName({ change: { kind, noun, name } }: { change: Change }) {
  const text = <OutsideText text={name} />;
  // What is to be made has no page yet.
  if (kind === 'create') return text;
  if (noun === 'partner' || noun === 'endpoint' || noun === 'route')
    return (
      <Link to={`/${noun}s/$name`} params={{ name }}>
        {text}
      </Link>
    );
  if (noun === 'user' || noun === 'secret')
    return (
      <Link to="/settings/$section" params={{ section: `${noun}s` }}>
        {text}
      </Link>
    );
  return text;
}

import { Link } from '@tanstack/react-router';
import type { Approval } from '#contract';
import { DifferenceTable } from '../../forms/difference-table.tsx';
import { labelOf, valueTexts } from '../../forms/show-value.ts';
import { useMay } from '../../session/me.ts';
import { Fact, Facts } from '../../ui/facts.tsx';
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
      {/* Of something new alone the headline of the approval says it all. */}
      {(changes.length > 1 || change.kind !== 'create') && (
        <h3>
          {VERBS[change.kind]} {NOUNS[change.noun] ?? change.noun} <ObjectName change={change} />
        </h3>
      )}
      {change.kind === 'create' ? <NewObject change={change} /> : <ChangedObject change={change} />}
    </div>
  ));
}

function ChangedObject({ change: { noun, name, fields } }: { change: Change }) {
  if (fields.length === 0) return null;
  return (
    <DifferenceTable
      caption={`${noun} ${name}: before and after`}
      specs={fieldsOf(noun)}
      differences={fields.map(({ path, before, after }) => ({ path, before, after }))}
    />
  );
}

/** There is no before: only what is said of it. */
function NewObject({ change: { noun, fields } }: { change: Change }) {
  const specs = fieldsOf(noun);
  const said = fields.flatMap(({ path, after }) => {
    const texts = valueTexts(
      after,
      specs.find((each) => each.path === path),
    );
    return texts.length === 0 ? [] : [{ path, text: texts.join(', ') }];
  });
  return (
    <Facts>
      {said.map(({ path, text }) => (
        <Fact key={path} label={labelOf(path, specs)}>
          <OutsideText text={text} />
        </Fact>
      ))}
    </Facts>
  );
}

function ObjectName({ change: { kind, noun, name } }: { change: Change }) {
  const may = useMay();
  const text = <OutsideText text={name} />;
  // What is to be made has no page yet.
  if (kind === 'create') return text;
  if (noun === 'partner' || noun === 'endpoint' || noun === 'route')
    return (
      <Link to={`/${noun}s/$name`} params={{ name }}>
        {text}
      </Link>
    );
  if ((noun === 'user' && may('listUsers')) || (noun === 'secret' && may('listSecrets')))
    return (
      <Link to="/settings/$section" params={{ section: `${noun}s` }}>
        {text}
      </Link>
    );
  return text;
}

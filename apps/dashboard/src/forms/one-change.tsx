import { Link } from '@tanstack/react-router';
import type { ConfigurationChangeObject } from '#contract';
import { Disclosure } from '../ui/disclosure.tsx';
import { Moment } from '../ui/moment.tsx';
import { OutsideText } from '../ui/outside-text.tsx';
import { DifferenceTable } from './difference-table.tsx';
import type { FieldSpec } from './field-spec.ts';
import styles from './forms.module.css';
import { joinReferences, labelOf } from './show-value.ts';

const VERBS = { create: 'made', change: 'changed', delete: 'deleted' } as const;

interface OneChangeProps {
  change: ConfigurationChangeObject;
  specs: readonly FieldSpec[];
  /** Where changes of several objects stand together: which one it was. */
  named?: boolean;
  open?: boolean;
}

/** Who changed it and when; what, at a press. */
export function OneChange({ change, specs, named = false, open = false }: OneChangeProps) {
  const { at, actor, kind, noun, name, fields, origin, approvalId } = change;
  const differences = joinReferences(
    fields.map(({ path, before, after }) => ({ path, before, after })),
    specs,
  );
  const options = differences.slice(0, 3).map(({ path }) => labelOf(path, specs));
  const what =
    kind === 'change'
      ? ` ${options.join(', ')}${differences.length > 3 ? ` and ${differences.length - 3} more` : ''}`
      : '';
  return (
    <Disclosure
      open={open && kind === 'change'}
      title={
        <span className={styles['changeTitle']}>
          <span>
            <strong>
              <OutsideText text={actor.name} />
            </strong>{' '}
            {VERBS[kind]}
            {named ? ` the ${noun} ${name}` : kind !== 'change' && ' it'}
            {named && what !== '' && ':'}
            {what}
          </span>
          <span className={styles['muted']}>
            <Moment at={at} />
            {origin !== 'rest' && (
              <>
                {' · from '}
                <OutsideText text={origin} />
              </>
            )}
          </span>
        </span>
      }
    >
      {approvalId !== null && (
        <p>
          A second person approved it:{' '}
          <Link to="/approvals" search={{ id: approvalId }}>
            the approval
          </Link>
        </p>
      )}
      <DifferenceTable caption={`What ${actor.name} changed`} specs={specs} differences={differences} />
    </Disclosure>
  );
}

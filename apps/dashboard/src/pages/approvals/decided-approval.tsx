import type { Approval } from '#contract';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { actorText, headline } from './approval-words.ts';
import styles from './approvals.module.css';
import { ChangesShown } from './changes-shown.tsx';

/** What became of it: one line, with everything behind it. */
export function DecidedApproval({ approval, open }: { approval: Approval; open: boolean }) {
  const { state, requestedBy, requestedAt, decidedBy, decidedAt, note } = approval;
  return (
    <Disclosure
      open={open}
      title={
        <span className={styles['line']}>
          <Badge tone={state === 'approved' ? 'good' : 'idle'}>{state}</Badge>
          <span className={styles['what']}>
            <OutsideText text={headline(approval)} />
          </span>
          <span className={styles['muted']}>
            {decidedBy && (
              <>
                by <OutsideText text={actorText(decidedBy)} />{' '}
              </>
            )}
            {decidedAt !== null && <Moment at={decidedAt} relative />}
          </span>
        </span>
      }
    >
      <div className={styles['inside']}>
        <p>
          <OutsideText text={actorText(requestedBy)} /> asked for it <Moment at={requestedAt} />.
        </p>
        {note !== null && note !== '' && (
          <blockquote className={styles['quote']}>
            <OutsideText text={note} />
          </blockquote>
        )}
        <ChangesShown approval={approval} />
      </div>
    </Disclosure>
  );
}

import { useState } from 'react';
import type { Approval } from '#contract';
import { useMay } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { Badge } from '../../ui/state-badge.tsx';
import { actorText, headline } from './approval-words.ts';
import styles from './approvals.module.css';
import { ChangesShown } from './changes-shown.tsx';
import { DecideDialog } from './decide-dialog.tsx';
import { useOutdated } from './use-outdated.ts';

/** Who asks for what, and the two answers; what cannot be answered says so before anybody presses. */
export function WaitingApproval({ approval, own }: { approval: Approval; own: boolean }) {
  const may = useMay();
  const [deciding, setDeciding] = useState<'approve' | 'reject'>();
  const outdated = useOutdated(approval);
  const title = headline(approval);
  return (
    <section className={styles['card']} aria-label={title}>
      <header className={styles['head']}>
        <h2>
          <OutsideText text={title} />
        </h2>
        <Badge tone={outdated ? 'bad' : 'warn'}>{outdated ? 'outdated' : 'waits'}</Badge>
      </header>
      <p className={styles['muted']}>
        <OutsideText text={actorText(approval.requestedBy)} /> asked for it{' '}
        <Moment at={approval.requestedAt} relative />. Nothing has changed yet.
      </p>
      <ChangesShown approval={approval} />
      {outdated !== undefined && (
        <p className={styles['note']}>
          <OutsideText text={outdated} /> It cannot be approved any more: reject it, and have it asked for
          anew.
        </p>
      )}
      {may('approveApproval') ? (
        <footer className={styles['foot']}>
          {own && <p>You asked for it: another admin has to approve it.</p>}
          <div className={styles['buttons']}>
            <Button look={own ? 'plain' : 'danger'} onClick={() => setDeciding('reject')}>
              {own ? 'Withdraw' : 'Reject'}
            </Button>
            {!own && !outdated && (
              <Button look="primary" onClick={() => setDeciding('approve')}>
                Approve
              </Button>
            )}
          </div>
        </footer>
      ) : (
        <p className={styles['muted']}>An admin decides about it.</p>
      )}
      {deciding && (
        <DecideDialog approval={approval} what={deciding} own={own} onClose={() => setDeciding(undefined)} />
      )}
    </section>
  );
}

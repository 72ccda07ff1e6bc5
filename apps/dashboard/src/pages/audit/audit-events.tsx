import { Link } from '@tanstack/react-router';
import type { AuditEventObject } from '#contract';
import type { ListFilters } from '../../filters/use-list-filters.ts';
import { useMay } from '../../session/me.ts';
import { Button } from '../../ui/button.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { Moment } from '../../ui/moment.tsx';
import { OutsideText } from '../../ui/outside-text.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import styles from './audit.module.css';
import { actorText, deedOf, linkOf, nounText, objectText } from './audit-words.ts';
import { DetailTree } from './detail-tree.tsx';
import { hintOf } from './event-hint.ts';

interface AuditEventsProps {
  events: readonly AuditEventObject[];
  onNarrow: ListFilters['change'];
}

/** One sentence an event, latest first; what was recorded with it is behind the sentence. */
export function AuditEvents({ events, onNarrow }: AuditEventsProps) {
  return (
    <ol className={styles['events']} aria-label="Events, latest first">
      {events.map((event) => (
        <li key={event.id}>
          <Disclosure title={<Sentence event={event} />}>
            <div className={styles['inside']}>
              <Links event={event} onNarrow={onNarrow} />
              <DetailTree value={{ event: event.id, action: event.action, ...event.details }} />
            </div>
          </Disclosure>
        </li>
      ))}
    </ol>
  );
}

function Sentence({ event }: { event: AuditEventObject }) {
  const { before, named, after } = deedOf(event);
  const hint = hintOf(event);
  return (
    <span className={styles['sentence']}>
      <span className={styles['deed']}>
        <strong>
          <OutsideText text={actorText(event)} />
        </strong>{' '}
        {before}
        {named && (
          <strong title={visibleText(event.objectId)}>
            <OutsideText text={objectText(event)} />
          </strong>
        )}
        {after}
        {hint !== undefined && (
          <span className={styles['hint']}>
            {' · '}
            <OutsideText text={hint} />
          </span>
        )}
      </span>
      <span className={styles['when']}>
        <Moment at={event.at} />
      </span>
    </span>
  );
}

/** Links stand apart from the line that opens: one press has one meaning. */
function Links({ event, onNarrow }: { event: AuditEventObject; onNarrow: ListFilters['change'] }) {
  const may = useMay();
  const found = linkOf(event);
  // Who is limited to partners sees events of the whole installation's objects, and not those lists.
  const link = found?.to === '/settings/$section' && !may('listUsers') ? undefined : found;
  const { object, objectId, runId, transferId } = event;
  const noun = nounText(link?.to === '/approvals' ? 'approval' : object);
  return (
    <p className={styles['links']}>
      {link && <Link {...link}>Go to the {noun}</Link>}
      {runId !== null && object !== 'run' && (
        <Link to="/runs/$id" params={{ id: runId }}>
          Its run
        </Link>
      )}
      {transferId !== null && object !== 'transfer' && (
        <Link to="/transfers/$id" params={{ id: transferId }}>
          Its transfer
        </Link>
      )}
      <Button
        look="quiet"
        onClick={() => onNarrow({ object, objectId, runId: undefined, transferId: undefined })}
      >
        All events of this {noun}
      </Button>
    </p>
  );
}

import { useEffect, useRef, useState } from 'react';
import type { Connection } from '../live/line.ts';
import { useConnection } from '../live/live.tsx';
import { useTimeZone } from '../look/zone.tsx';
import { joinClasses } from '../ui/join-classes.ts';
import { shortMoment } from '../ui/moment-text.ts';
import styles from './connection-note.module.css';

const WORDS: Readonly<Record<Connection, string>> = {
  live: 'Live',
  polling: 'Every 5 s',
  offline: 'Not connected',
};
const MEANT: Readonly<Record<Connection, string>> = {
  live: 'What you see is kept up to date as it happens.',
  polling: 'The stream of events is refused or cut on its way. What you see is read again every 5 seconds.',
  offline: 'Waybill does not answer. The page goes on by itself when it is back.',
};

/** How fresh the page is, in words; a change is read out. */
export function ConnectionNote() {
  const { connection, heardAt } = useConnection();
  const zone = useTimeZone();
  const from = connection === 'offline' ? shortMoment(heardAt, zone, new Date()) : undefined;
  return (
    <>
      <p className={joinClasses(styles['note'], styles[connection])} title={MEANT[connection]}>
        <span aria-hidden className={styles['dot']} />
        <span>
          {WORDS[connection]}
          {from && (
            <span className={styles['from']}>
              <span className={styles['beside']}> · what you see is</span> from {from}
            </span>
          )}
        </span>
      </p>
      <Announced connection={connection} from={from} />
    </>
  );
}

/** Nothing is said of how it begins. */
function Announced({ connection, from }: { connection: Connection; from: string | undefined }) {
  const before = useRef(connection);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (before.current === connection) return;
    before.current = connection;
    const words = {
      live: 'Live again.',
      polling: 'Updated every 5 seconds.',
      offline: `Connection lost. What you see is from ${from}.`,
    };
    setSaid(words[connection]);
  }, [connection, from]);
  return (
    <span role="status" className="visually-hidden">
      {said}
    </span>
  );
}

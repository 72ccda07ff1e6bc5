import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useId, useMemo, useRef, useState } from 'react';
import type { Attempt } from '#contract';
import { addressOf } from '../../../api/call.ts';
import { countOf, showDuration } from '../../../ui/amounts.ts';
import { Button, buttonClass, IconButton } from '../../../ui/button.tsx';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { TextField } from '../../../ui/fields.tsx';
import { Icon } from '../../../ui/icon.tsx';
import { joinClasses } from '../../../ui/join-classes.ts';
import { Loaded } from '../../../ui/loaded.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { EmptyState } from '../../../ui/page.tsx';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from './transcript.module.css';
import { linesWith, partsOfLine, readTranscript, type TranscriptLine } from './transcript-lines.ts';
import { transcriptQuery } from './transfer-queries.ts';

/** What was said between us and the servers, word by word. */
export function TranscriptViewer({ attempt }: { attempt: Attempt }) {
  if (!attempt.hasTranscript)
    return (
      <EmptyState
        title={
          attempt.outcome === 'running'
            ? 'The dialogue is kept when the attempt has ended.'
            : 'No dialogue was kept of this attempt.'
        }
      />
    );
  return <Transcript attempt={attempt} />;
}

function Transcript({ attempt }: { attempt: Attempt }) {
  const read = useQuery(transcriptQuery(attempt.id));
  return (
    <Loaded query={read} what="The dialogue could not be read" skeleton={<Skeleton height="24rem" />}>
      {(text) => <TranscriptText text={text} attempt={attempt} />}
    </Loaded>
  );
}

function TranscriptText({ text, attempt }: { text: string; attempt: Attempt }) {
  const lines = useMemo(() => readTranscript(text), [text]);
  const [sought, setSought] = useState('');
  const [wraps, setWraps] = useState(true);
  const [current, setCurrent] = useState(0);
  const list = useRef<HTMLOListElement>(null);
  const found = useMemo(() => linesWith(lines, sought), [lines, sought]);
  const go = (to: number) => {
    if (found.length === 0) return;
    const next = (to + found.length) % found.length;
    setCurrent(next);
    list.current?.querySelector(`[data-line="${found[next]}"]`)?.scrollIntoView({ block: 'nearest' });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    go(event.shiftKey ? current - 1 : current + 1);
  };
  return (
    <div className={styles['viewer']}>
      <div className={styles['tools']}>
        <div className={styles['search']}>
          <TextField
            label="Find in the dialogue"
            type="search"
            value={sought}
            onKeyDown={onKeyDown}
            onChange={(event) => {
              setSought(event.target.value);
              setCurrent(0);
            }}
          />
        </div>
        {sought !== '' && (
          <>
            <span role="status" className={styles['hits']}>
              {found.length === 0 ? 'not found' : `line ${current + 1} of ${found.length}`}
            </span>
            <IconButton label="Found before" disabled={found.length < 2} onClick={() => go(current - 1)}>
              <Icon name="up" />
            </IconButton>
            <IconButton label="Found next" disabled={found.length < 2} onClick={() => go(current + 1)}>
              <Icon name="down" />
            </IconButton>
          </>
        )}
        <div className={styles['right']}>
          <Button aria-pressed={wraps} onClick={() => setWraps(!wraps)}>
            {wraps ? 'Long lines as they are' : 'Wrap long lines'}
          </Button>
          <a
            className={buttonClass()}
            href={addressOf('getTranscript', { params: { id: attempt.id } })}
            download={`transcript-${attempt.transferId}-${attempt.number}.txt`}
          >
            <Icon name="export" /> Download
          </a>
          <CopyButton text={text} label="Copy the dialogue" />
        </div>
      </div>
      <p className={styles['hint']}>
        {countOf(lines.length, 'line')}, times in UTC. <Mark direction="sent" /> said by Waybill,{' '}
        <Mark direction="received" /> by the server, <Mark direction="note" /> noted. Secrets are masked
        before they are kept.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keyboards have to reach it */}
      <section className={styles['scroller']} tabIndex={0} aria-label="Dialogue with the servers">
        <ol ref={list} className={joinClasses(styles['lines'], !wraps && styles['unwrapped'])}>
          {lines.map((line) => (
            <Line
              key={line.number}
              line={line}
              sought={sought}
              isCurrent={found.length > 0 && found[current] === line.number}
            />
          ))}
        </ol>
      </section>
    </div>
  );
}

const MARKS = {
  sent: { sign: '→', says: 'sent' },
  received: { sign: '←', says: 'received' },
  note: { sign: '·', says: 'note' },
} as const;

function Mark({ direction }: { direction: TranscriptLine['direction'] }) {
  const { sign, says } = MARKS[direction];
  return (
    <span className={joinClasses(styles['mark'], styles[direction])}>
      <span aria-hidden>{sign}</span>
      <span className="visually-hidden">{says}: </span>
    </span>
  );
}

/** A pause worth seeing: somebody was waited for. */
const LONG_MS = 1_000;

function Line({ line, sought, isCurrent }: { line: TranscriptLine; sought: string; isCurrent: boolean }) {
  const id = useId();
  const { number, at, direction, text, afterMs } = line;
  return (
    <li
      data-line={number}
      className={joinClasses(styles['line'], styles[direction], isCurrent && styles['current'])}
    >
      <span className={styles['time']} title={at}>
        {at?.slice(11, 23)}
      </span>
      <Mark direction={direction} />
      <span className={styles['said']}>
        {partsOfLine(text, sought).map((part) => {
          const key = `${id} ${part.at}`;
          if (part.kind === 'plain') return <OutsideText key={key} text={part.text} />;
          if (part.kind === 'found')
            return (
              <mark key={key}>
                <OutsideText text={part.text} />
              </mark>
            );
          return (
            <span key={key} className={styles['masked']} title="A secret stood here; it is kept nowhere">
              {part.text}
            </span>
          );
        })}
        {afterMs !== undefined && afterMs >= LONG_MS && (
          <span className={styles['pause']}> after {showDuration(afterMs)}</span>
        )}
      </span>
    </li>
  );
}

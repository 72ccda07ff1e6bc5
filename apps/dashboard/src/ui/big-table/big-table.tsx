// biome-ignore-all lint/a11y/noRedundantRoles: laid out as blocks, the elements lose the roles they come with
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { countOf, showCount } from '../amounts.ts';
import { Button } from '../button.tsx';
import { Icon } from '../icon.tsx';
import { joinClasses } from '../join-classes.ts';
import { ProblemNotice } from '../problem-notice.tsx';
import { Skeleton } from '../skeleton.tsx';
import { BigRow } from './big-row.tsx';
import styles from './big-table.module.css';
import { defaultChoice } from './column-choice.ts';
import { ColumnChooser } from './column-chooser.tsx';
import { type BigColumn, useColumns } from './columns.ts';
import type { CursorList } from './use-cursor-list.ts';
import { useRoom } from './use-room.ts';
import { useRowKeys } from './use-row-keys.ts';
import { useRowWindow } from './use-row-window.ts';

interface BigTableProps<Row> {
  /** The choice of columns is kept under it. */
  id: string;
  /** What the rows are: `Runs`. */
  label: string;
  /** Outside of the component, or kept by useMemo: rows are drawn anew when it is another. */
  columns: readonly BigColumn<Row>[];
  list: CursorList<Row>;
  /** Where a row leads to: `/runs/${id}`. */
  href?(row: Row): string;
  /** Above the table, before the choice of columns: how many, exports of the columns that are shown. */
  tools?: ReactNode | ((shown: readonly BigColumn<Row>[]) => ReactNode);
  /** What stands there instead of no rows. */
  empty: ReactNode;
}

/** A list of any length: only the rows in sight are in the page. */
export function BigTable<Row>({ id, label, columns, list, href, tools, empty }: BigTableProps<Row>) {
  const { shown, all, choice, choose } = useColumns(id, columns);
  const frame = useRef<HTMLDivElement>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const room = useRoom(frame, scroller);
  const { virtualizer, rows, rowPx, headPx, hurried } = useRowWindow(list, scroller, room.narrow);
  const keys = useRowKeys({ count: list.count, virtualizer, scroller, onReading: list.setReading });
  const tracks = shown.map(({ width }) => width).join(' ');
  // Scrolled away with the pointer, the row that Tab leads to is one that is in sight.
  const tabStop = rows.some(({ index }) => index === keys.current)
    ? keys.current
    : virtualizer.range?.startIndex;
  const isEmpty = list.count === 0 && !list.isPending && !list.error;

  // Another question begins at the top.
  const wasOutdated = useRef(false);
  useLayoutEffect(() => {
    if (wasOutdated.current && !list.isOutdated) scroller.current?.scrollTo({ top: 0 });
    wasOutdated.current = list.isOutdated;
  }, [list.isOutdated]);

  const takeNewer = () => {
    list.takeNewer();
    scroller.current?.scrollTo({ top: 0 });
  };
  return (
    <div className={styles['frame']} ref={frame}>
      <div className={styles['tools']}>
        {typeof tools === 'function' ? tools(shown) : tools}
        <div className={styles['right']}>
          <Newer {...list.newer} onTake={takeNewer} />
          {!room.narrow && (
            <ColumnChooser columns={all} usual={defaultChoice(columns)} choice={choice} choose={choose} />
          )}
        </div>
      </div>
      {isEmpty ? (
        empty
      ) : (
        // What is read with the pointer over it, or with the keyboard in it, is not moved by what comes.
        <div
          ref={scroller}
          className={joinClasses(styles['scroller'], list.isOutdated && styles['outdated'])}
          style={{ maxHeight: room.heightPx }}
          data-scroll-restoration-id={`table-${id}`}
          onPointerEnter={() => keys.setPointing(true)}
          onPointerLeave={() => keys.setPointing(false)}
        >
          <table
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its rows are walked with the arrow keys
            role="grid"
            aria-label={label}
            aria-busy={list.isPending || list.isOutdated}
            aria-rowcount={list.hasMore || list.isCut ? -1 : list.count + 1}
            className={joinClasses(styles['table'], room.narrow && styles['twoLines'])}
          >
            <thead role="rowgroup" className={styles['head']} style={{ height: headPx }}>
              <tr role="row" aria-rowindex={1} style={{ gridTemplateColumns: tracks }}>
                {shown.map((column) => (
                  <th
                    key={column.id}
                    role="columnheader"
                    scope="col"
                    className={joinClasses(styles['cell'], column.numeric && styles['numeric'])}
                  >
                    {column.title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody
              role="rowgroup"
              className={styles['body']}
              style={{ height: list.count * rowPx }}
              onKeyDown={keys.onKeyDown}
              onFocus={keys.onFocus}
              onBlur={keys.onBlur}
              onClick={keys.onClick}
              onAuxClick={keys.onAuxClick}
            >
              {rows.map(({ index, start }) => {
                const row = list.rowAt(index);
                return (
                  <BigRow
                    key={list.keyAt(index)}
                    row={row}
                    index={index}
                    topPx={start - headPx}
                    heightPx={rowPx}
                    columns={shown}
                    tracks={tracks}
                    narrow={room.narrow}
                    hurried={hurried}
                    isCurrent={index === tabStop}
                    left={list.leftAt(index)}
                    href={row === undefined ? undefined : href?.(row)}
                  />
                );
              })}
            </tbody>
          </table>
          {list.isPending && (
            <div className={styles['pending']}>{list.error ? null : <Skeleton lines={8} />}</div>
          )}
          <End list={list} />
        </div>
      )}
    </div>
  );
}

function Newer({ count, more, onTake }: { count: number; more: boolean; onTake(): void }) {
  return (
    <div role="status">
      {count > 0 && (
        <Button look="primary" onClick={onTake}>
          <Icon name="up" />
          {more ? `More than ${showCount(count)} newer` : `${showCount(count)} newer`}
        </Button>
      )}
    </div>
  );
}

function End<Row>({ list }: { list: CursorList<Row> }) {
  if (list.error) {
    return (
      <div className={styles['end']}>
        <ProblemNotice error={list.error} onRetry={list.retry} />
      </div>
    );
  }
  if (list.isPending) return null;
  return (
    <p className={styles['end']}>
      {list.hasMore && 'Loading more'}
      {list.isCut &&
        `These are the newest ${showCount(list.count)}. Filters show others; an export has all of them.`}
      {!list.hasMore && !list.isCut && `That is all: ${countOf(list.count, 'row')}`}
    </p>
  );
}

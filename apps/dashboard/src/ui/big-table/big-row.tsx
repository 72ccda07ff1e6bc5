// biome-ignore-all lint/a11y/useFocusableInteractive: its rows take the focus, not their cells
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: the cells of a grid
// biome-ignore-all lint/a11y/noRedundantRoles: laid out as blocks, the elements lose the roles they come with
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import { joinClasses } from '../join-classes.ts';
import styles from './big-table.module.css';
import type { BigColumn } from './columns.ts';

interface BigRowProps<Row> {
  /** undefined while it is on its way. */
  row: Row | undefined;
  index: number;
  /** Where it stands below the head of the table. */
  topPx: number;
  heightPx: number;
  columns: readonly BigColumn<Row>[];
  tracks: string;
  narrow: boolean;
  /** Rows fly by: its name is enough. */
  hurried: boolean;
  /** The one row that Tab leads to. */
  isCurrent: boolean;
  left: boolean;
  href: string | undefined;
}

function BigRowShown<Row>({
  row,
  index,
  topPx,
  heightPx,
  columns,
  tracks,
  narrow,
  hurried,
  isCurrent,
  left,
  href,
}: BigRowProps<Row>) {
  const shape = { height: heightPx, transform: `translateY(${topPx}px)` };
  return (
    <tr
      role="row"
      // The head is the first.
      aria-rowindex={index + 2}
      data-index={index}
      tabIndex={isCurrent ? 0 : -1}
      className={joinClasses(styles['row'], narrow && styles['narrow'], left && styles['left'])}
      style={narrow ? shape : { ...shape, gridTemplateColumns: tracks }}
    >
      {hurried ? (
        <OnlyName {...{ row, columns, left, href }} />
      ) : narrow ? (
        <NarrowCells {...{ row, columns, left, href }} />
      ) : (
        columns.map((column) => (
          <td
            key={column.id}
            role="gridcell"
            className={joinClasses(styles['cell'], column.numeric && styles['numeric'])}
          >
            <Content {...{ row, column, left, href }} />
          </td>
        ))
      )}
    </tr>
  );
}

// A generic component stays generic.
export const BigRow = memo(BigRowShown) as typeof BigRowShown;

function OnlyName<Row>({
  row,
  columns,
  left,
  href,
}: Pick<BigRowProps<Row>, 'row' | 'columns' | 'left' | 'href'>) {
  const at = columns.findIndex(({ main }) => main);
  const column = columns[at];
  return (
    <td role="gridcell" className={styles['cell']} style={{ gridColumn: at + 1 }}>
      {column && <Content {...{ row, column, left, href }} />}
    </td>
  );
}

function NarrowCells<Row>({
  row,
  columns,
  left,
  href,
}: Pick<BigRowProps<Row>, 'row' | 'columns' | 'left' | 'href'>) {
  const onFirst = columns.filter(({ main, narrow }) => main || narrow === 'first');
  // The name first, whatever order was chosen: what is behind it may be cut.
  onFirst.sort((one, other) => Number(other.main ?? false) - Number(one.main ?? false));
  const onSecond = columns.filter(({ main, narrow }) => !main && narrow === 'second');
  return [onFirst, onSecond].map((line, at) => (
    // The row is one line for screen readers.
    // biome-ignore lint/suspicious/noArrayIndexKey: first and second
    <td key={at} role="gridcell" className={styles['line']}>
      {line.map((column) => (
        <span key={column.id} className={joinClasses(styles['part'], column.main && styles['name'])}>
          <Content {...{ row, column, left, href }} />
        </span>
      ))}
    </td>
  ));
}

interface ContentProps<Row> {
  row: Row | undefined;
  column: BigColumn<Row>;
  left: boolean;
  href: string | undefined;
}

function Content<Row>({ row, column, left, href }: ContentProps<Row>): ReactNode {
  if (row === undefined) return <span className={styles['waiting']} />;
  if (!column.main) return column.cell(row);
  return (
    <>
      {href === undefined ? (
        column.cell(row)
      ) : (
        // Rows are walked with the arrow keys; each link would be one more stop of Tab.
        <Link to={href} tabIndex={-1} className={styles['link']}>
          {column.cell(row)}
        </Link>
      )}
      {left && <span className="visually-hidden"> (no longer what was asked for)</span>}
    </>
  );
}

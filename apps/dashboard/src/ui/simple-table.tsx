// biome-ignore-all lint/a11y/noRedundantRoles: shown as cards, the elements lose the roles they come with
import type { ReactNode } from 'react';
import { joinClasses } from './join-classes.ts';
import styles from './simple-table.module.css';

export interface SimpleColumn<Row> {
  id: string;
  title: string;
  cell(row: Row): ReactNode;
  /** Numbers stand to the right. */
  numeric?: boolean;
  /** Names the row for screen readers and heads its card on a phone; one column has it. */
  main?: boolean;
  /** The title is for screen readers only: a column of buttons. */
  quiet?: boolean;
}

interface SimpleTableProps<Row> {
  /** What the rows are; shown to all with `captionShown`. */
  caption: string;
  captionShown?: boolean;
  columns: readonly SimpleColumn<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
}

/** A table of some dozens of rows. Where it is too narrow each row becomes a card; roles keep it a table for screen readers. */
export function SimpleTable<Row>({
  caption,
  captionShown = false,
  columns,
  rows,
  rowKey,
}: SimpleTableProps<Row>) {
  return (
    <div className={styles['frame']}>
      <table role="table" className={styles['table']}>
        <caption className={captionShown ? styles['caption'] : 'visually-hidden'}>{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ id, title, numeric, quiet }) => (
              <th
                key={id}
                role="columnheader"
                scope="col"
                className={numeric ? styles['numeric'] : undefined}
              >
                {quiet ? <span className="visually-hidden">{title}</span> : title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={rowKey(row)} role="row">
              {columns.map((column) => (
                <Cell key={column.id} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell<Row>({
  column: { title, cell, numeric, main, quiet },
  row,
}: {
  column: SimpleColumn<Row>;
  row: Row;
}) {
  const className = joinClasses(numeric && styles['numeric'], main && styles['main']);
  if (main) {
    return (
      <th role="rowheader" scope="row" className={className}>
        {cell(row)}
      </th>
    );
  }
  return (
    <td role="cell" className={className || undefined} data-title={quiet ? undefined : title}>
      {cell(row)}
    </td>
  );
}

import type { ComponentProps, ReactNode } from 'react';
import { type BigColumn, BigTable } from '../ui/big-table/index.ts';
import { ExportMenu } from './export-menu.tsx';
import { ListCount } from './list-count.tsx';
import { NoMatch } from './no-match.tsx';
import type { FilteredList } from './use-filtered-list.ts';

export interface ExportedColumn<Row> extends BigColumn<Row> {
  /** What the export calls it; nothing where it has none. */
  exported: readonly string[];
}

/** For the export of what is shown. */
export function exportedBy<Row>(shown: readonly BigColumn<Row>[]): string[] {
  return shown.flatMap((column) => (column as ExportedColumn<Row>).exported);
}

interface FilteredTableProps<Row> {
  rows: FilteredList<Row>;
  /** Columns are chosen for each of them. */
  id: string;
  label: string;
  /** `run` */
  one: string;
  columns: readonly ExportedColumn<Row>[];
  exportedWith: ComponentProps<typeof ExportMenu>['operation'];
  href(row: Row): string;
  /** Where there is nothing at all. */
  children: ReactNode;
}

/** The rows with how many there are, their export, and, where nothing matches, which filter is one too many. */
export function FilteredTable<Row>({
  rows: { operation, filters, asked, list, shownRows, any },
  id,
  label,
  one,
  columns,
  exportedWith,
  href,
  children,
}: FilteredTableProps<Row>) {
  return (
    <BigTable
      key={id}
      id={id}
      label={label}
      columns={columns}
      list={list}
      href={href}
      tools={(shown) => (
        <>
          <ListCount list={list} one={one} />
          <ExportMenu
            operation={exportedWith}
            asked={asked}
            columns={exportedBy(shown)}
            rows={{ count: list.count, asked: shownRows, hasMore: list.hasMore || list.isCut }}
          />
        </>
      )}
      empty={
        Object.keys(filters.filters).length > 0 ? (
          <NoMatch what={`${one}s`} list={filters} operation={operation} any={any} />
        ) : (
          children
        )
      }
    />
  );
}

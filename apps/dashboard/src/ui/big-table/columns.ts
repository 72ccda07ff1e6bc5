import {
  columnOrderingFeature,
  columnVisibilityFeature,
  createColumnHelper,
  tableFeatures,
  useTable,
} from '@tanstack/react-table';
import { type ReactNode, useMemo, useState } from 'react';
import { keepSetting, readSetting } from '../../look/settings.ts';
import { type ColumnChoice, readChoice, writeChoice } from './column-choice.ts';

export interface BigColumn<Row> {
  id: string;
  title: string;
  cell(row: Row): ReactNode;
  /** A track of the grid, the same for every row whatever is in it: `minmax(12rem, 2fr)`, `7rem`. */
  width: string;
  /** Stands to the right, digits under digits. */
  numeric?: boolean;
  /** Names the row and leads to it; one column has it, and it cannot be hidden. */
  main?: boolean;
  /** Only for who chooses it. */
  hidden?: boolean;
  /** On a phone a row has two lines; a column is on one of them, or on none. The main one is on the first. */
  narrow?: 'first' | 'second';
}

const features = tableFeatures({ columnVisibilityFeature, columnOrderingFeature });
const helper = createColumnHelper<typeof features, never>();
/** The model is about columns; rows are read where they are shown, however many there are. */
const NO_ROWS: never[] = [];

/** Columns as somebody has chosen them, kept by the browser under the table's name. */
export function useColumns<Row>(tableId: string, columns: readonly BigColumn<Row>[]) {
  const key = `waybill.columns.${tableId}`;
  const [choice, setChoice] = useState(() => readChoice(readSetting(key), columns));
  const definitions = useMemo(
    () => columns.map(({ id, title }) => helper.display({ id, header: title })),
    [columns],
  );
  const state = useMemo(
    () => ({
      columnOrder: choice.order,
      columnVisibility: Object.fromEntries(choice.hidden.map((id) => [id, false])),
    }),
    [choice],
  );
  const table = useTable({ features, columns: definitions, data: NO_ROWS, state });
  const visible = table.getVisibleLeafColumns();
  const byId = new Map(columns.map((column) => [column.id, column]));
  const named = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const ids = visible.map(({ id }) => id).join(' ');
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows are drawn anew only when other columns are shown
  const shown = useMemo(() => named(ids.split(' ')), [ids, columns]);
  const choose = (chosen: ColumnChoice) => {
    keepSetting(key, writeChoice(chosen));
    setChoice(chosen);
  };
  return { shown, all: named(choice.order), choice, choose };
}

import type { OperationId } from '#contract';
import { addressOf } from '../api/call.ts';
import { showCount } from '../ui/amounts.ts';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import type { Filters } from './address-filters.ts';

interface ExportMenuProps {
  operation: Extract<OperationId, `export${string}`>;
  /** The filters of the list, as the api was asked. */
  asked: Filters;
  /** The columns shown, as the export calls them, in their order. */
  columns: readonly string[];
  /** How many rows are loaded, and until which moment: what came since is not among them. */
  rows: { count: number; asked: Filters; hasMore: boolean };
}

const FORMATS = [
  ['csv', 'CSV'],
  ['json', 'JSON'],
] as const;

/** What the list shows as a file: plain links, the browser downloads while the api still reads. */
export function ExportMenu({ operation, asked, columns, rows }: ExportMenuProps) {
  if (rows.count === 0) return null;
  const href = (format: string, query: Record<string, unknown>) =>
    addressOf(operation, { query: { ...query, format, columns: [...new Set(columns)].join(',') } });
  const all = FORMATS.map(([format, title]) => ({
    title: rows.hasMore ? `${title}, all that match` : title,
    href: href(format, asked),
  }));
  const shown = FORMATS.map(([format, title]) => ({
    title: `${title}, only the ${showCount(rows.count)} rows shown`,
    href: href(format, { ...rows.asked, limit: rows.count }),
  }));
  return (
    <Menu label="Export" entries={rows.hasMore ? [...all, ...shown] : all}>
      <Icon name="export" />
      Export
    </Menu>
  );
}

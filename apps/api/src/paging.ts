import type { Page } from '#contract';
import type { Page as PageOfRows } from '#store';

/** A page of rows as the objects that are shown. */
export async function toPage<Row, Item>(
  found: Promise<PageOfRows<Row>>,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const { items, nextCursor } = await found;
  return { items: items.map(toItem), nextCursor };
}

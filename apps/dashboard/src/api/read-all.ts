import { queryOptions } from '@tanstack/react-query';
import type { AnswerOf, CallOf, ItemOf, ListId } from '#contract';
import { call } from './call.ts';

/** More than a page can show; who has more of them filters on the server. */
const MOST = 2_000;
const PAGE = 200;

/** What is configured is short enough to be read as a whole: follows the cursor to the end. */
export function readAll<Id extends ListId>(id: Id, query: Record<string, string> = {}) {
  return queryOptions({
    queryKey: [id, 'all', query],
    queryFn: async (): Promise<ItemOf<Id>[]> => {
      const found: ItemOf<Id>[] = [];
      let cursor: string | undefined;
      do {
        const asked = { query: { ...query, limit: PAGE, cursor } } as unknown as CallOf<Id>;
        const page = (await call<Id>(
          ...([id, asked] as unknown as Parameters<typeof call<Id>>),
        )) as unknown as AnswerOf<Id> & {
          items: ItemOf<Id>[];
          nextCursor: string | null;
        };
        found.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined && found.length < MOST);
      return found;
    },
  });
}

/** To be given as `select`: the same function each time. */
export function namesOf(items: readonly { name: string }[]): string[] {
  return items.map(({ name }) => name);
}

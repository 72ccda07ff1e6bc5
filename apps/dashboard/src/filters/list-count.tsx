import { countOf, showCount } from '../ui/amounts.ts';
import type { CursorList } from '../ui/big-table/index.ts';
import styles from './filters.module.css';

/** How many there are, as far as that is known without counting millions. */
export function ListCount<Row>({ list, one }: { list: CursorList<Row>; one: string }) {
  if (list.isPending || list.count === 0) return null;
  const { count, hasMore, isCut } = list;
  return (
    <span className={styles['count']}>
      {hasMore || isCut ? `The newest ${showCount(count)} ${one}s` : countOf(count, one)}
    </span>
  );
}

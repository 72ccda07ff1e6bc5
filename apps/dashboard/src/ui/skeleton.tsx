import styles from './skeleton.module.css';

/** Stands where content will, in its size, so that nothing moves when it comes. */
export function Skeleton({ lines = 3, height }: { lines?: number; height?: string }) {
  return (
    <div className={styles['skeleton']}>
      <span className="visually-hidden">Loading</span>
      {height === undefined ? (
        Array.from({ length: lines }, (_, line) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are all alike
          <div key={line} aria-hidden className={styles['line']} />
        ))
      ) : (
        <div aria-hidden className={styles['block']} style={{ height }} />
      )}
    </div>
  );
}

import styles from './outside-text.module.css';
import { splitVisible } from './visible-text.ts';

/**
 * Text from outside, as it is: control and bidirectional characters are shown by their code and cannot turn what stands
 * beside them around.
 */
export function OutsideText({ text }: { text: string }) {
  return (
    <bdi className={styles['text']}>
      {splitVisible(text).map(({ at, text: part, hidden }) =>
        hidden ? (
          <span key={at} className={styles['hidden']}>
            {part}
          </span>
        ) : (
          part
        ),
      )}
    </bdi>
  );
}

import { splitVisible } from './visible-text.ts';
import styles from './outside-text.module.css';

/**
 * Text from outside, as it is: control and bidirectional characters are shown by their code and cannot turn what stands
 * beside them around.
 */
export function OutsideText({ text }: { text: string }) {
  return (
    <bdi className={styles['text']}>
      {splitVisible(text).map(({ text: part, hidden }, index) =>
        // Parts have no identity but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: the list is made anew with its text
        hidden ? <span key={index} className={styles['hidden']}>{part}</span> : part,
      )}
    </bdi>
  );
}

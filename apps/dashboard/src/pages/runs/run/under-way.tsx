import { Link } from '@tanstack/react-router';
import { nameOf } from '../../../files/path-parts.ts';
import { PhaseSteps } from '../../../files/phase-steps.tsx';
import { progressText } from '../../../files/progress-text.ts';
import type { LiveFile } from '../../../live/live-run.ts';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { visibleText } from '../../../ui/visible-text.ts';
import styles from './run.module.css';

/** The files that lanes have in hand, each with how far it is. */
export function UnderWay({ files }: { files: readonly LiveFile[] }) {
  const ordered = files.toSorted(
    (one, other) => one.lane - other.lane || one.worker.localeCompare(other.worker),
  );
  return (
    <ul className={styles['lanes']} aria-label="Files under way">
      {ordered.map((file) => (
        <li key={file.transferId} className={styles['lane']}>
          <p className={styles['laneHead']}>
            <Link to="/transfers/$id" params={{ id: file.transferId }} className={styles['file']}>
              <OutsideText text={nameOf(file.sourcePath)} />
            </Link>
            <span className={styles['muted']} title={file.worker}>
              lane {file.lane + 1}
            </span>
          </p>
          <Progress
            label={visibleText(nameOf(file.sourcePath))}
            share={file.sizeBytes === 0 ? null : file.streamedBytes / file.sizeBytes}
            text={progressText(file)}
          />
          <PhaseSteps phase={file.phase} />
        </li>
      ))}
    </ul>
  );
}

import type { Transfer } from '#contract';
import { nameOf } from '../../../files/path-parts.ts';
import { PhaseSteps } from '../../../files/phase-steps.tsx';
import { progressText } from '../../../files/progress-text.ts';
import { useLiveFile } from '../../../live/live.tsx';
import type { LiveFile } from '../../../live/live-run.ts';
import { Section } from '../../../ui/page.tsx';
import { Progress } from '../../../ui/progress.tsx';
import { visibleText } from '../../../ui/visible-text.ts';
import styles from './transfer.module.css';

const IN_HAND: ReadonlySet<Transfer['state']> = new Set([
  'claimed',
  'streaming',
  'verifying',
  'publishing',
  'disposing',
]);

/** How far the file is, as it moves; nothing while no worker has it in hand. */
export function UnderWayNow({ transfer }: { transfer: Transfer }) {
  const live = useLiveFile(transfer.runId, transfer.id);
  if (!IN_HAND.has(transfer.state)) return null;
  const { worker } = transfer;
  const file = live ?? fileOf(transfer);
  return (
    <Section
      title="Under way"
      actions={worker && <span className={styles['muted']}>in the hands of {worker}</span>}
    >
      {file ? (
        <div className={styles['stack']}>
          <Progress
            label={visibleText(nameOf(transfer.sourcePath))}
            share={file.sizeBytes === 0 ? null : file.streamedBytes / file.sizeBytes}
            text={progressText(file)}
          />
          <PhaseSteps phase={file.phase} />
        </div>
      ) : (
        <Progress label={visibleText(nameOf(transfer.sourcePath))} share={null} text="It has just begun" />
      )}
    </Section>
  );
}

/** As it was when the transfer was read. */
function fileOf(transfer: Transfer): LiveFile | undefined {
  const {
    id: transferId,
    sourcePath,
    phase,
    streamedBytes,
    sourceSizeBytes: sizeBytes,
    worker,
    lane,
  } = transfer;
  if (phase === null || streamedBytes === null) return undefined;
  const at = new Date().toISOString();
  return {
    transferId,
    sourcePath,
    phase,
    streamedBytes,
    sizeBytes,
    worker: worker ?? '',
    lane: lane ?? 0,
    at,
    bytesPerSecond: undefined,
  };
}

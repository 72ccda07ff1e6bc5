import type { UnderWayObject } from '#contract';
import { joinClasses } from '../ui/join-classes.ts';
import styles from './files.module.css';
import { STEPS, stepAt } from './phase-steps.ts';

/** How far a file has come, as steps: those behind it, the one it is in, those before it. */
export function PhaseSteps({ phase }: { phase: UnderWayObject['phase'] }) {
  const at = stepAt(phase);
  return (
    <ol className={styles['phases']} aria-label="Steps">
      {STEPS.map((step, index) => (
        <li
          key={step}
          aria-current={index === at ? 'step' : undefined}
          className={joinClasses(index < at && styles['past'], index === at && styles['present'])}
        >
          {step}
          {index < at && <span className="visually-hidden"> (done)</span>}
        </li>
      ))}
    </ol>
  );
}

import { Refused } from '../api/problem.ts';
import { Button } from './button.tsx';
import styles from './problem-notice.module.css';

interface ProblemNoticeProps {
  error: unknown;
  /** What was being done: `The runs could not be read`. */
  what?: string;
  onRetry?: (() => void) | undefined;
}

/** What went wrong in the api's own words, each bad field by its name, and what can be done. */
export function ProblemNotice({ error, what, onRetry }: ProblemNoticeProps) {
  const said = error instanceof Error ? error.message : String(error);
  const { problem } = error instanceof Refused ? error : {};
  return (
    <div role="alert" className={styles['notice']}>
      <p>
        {what && <strong>{what}: </strong>}
        {said}
      </p>
      {problem?.errors && problem.errors.length > 0 && (
        <ul>
          {problem.errors.map(({ path, message }) => (
            <li key={`${path} ${message}`}>
              {path !== '' && <code>{path}</code>} {message}
            </li>
          ))}
        </ul>
      )}
      {problem?.requestId && <p className={styles['request']}>Request {problem.requestId}</p>}
      {onRetry && (
        <div>
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </div>
  );
}

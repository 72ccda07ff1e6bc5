import { Link } from '@tanstack/react-router';
import styles from './forms.module.css';

/** Four eyes: nothing has changed yet. */
export function WaitsForSecond({ what, id }: { what: string; id: string }) {
  return (
    <div role="status" className={styles['waiting']}>
      <p>
        <strong>{what} waits for a second person.</strong> Nothing has changed yet: another admin has to
        approve it.
      </p>
      <Link to="/approvals" search={{ id }}>
        Go to the approval
      </Link>
    </div>
  );
}

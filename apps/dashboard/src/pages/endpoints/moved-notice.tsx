import { useFormContext } from 'react-hook-form';
import { useFormObject } from '../../forms/form-context.ts';
import { CheckField } from '../../ui/fields.tsx';
import { clearedByMove, credentialWords } from './cleared-credentials.ts';
import styles from './trust.module.css';

export const KEEP_CREDENTIALS = 'also.keepCredentials';

/** Before it is saved: whoever is asked from now on is not shown what was given for somebody else. */
export function MovedNotice() {
  const { register } = useFormContext();
  const { object, before } = useFormObject();
  const cleared = clearedByMove(before, object);
  if (cleared.length === 0) return null;
  return (
    <div role="status" className={styles['attention']}>
      <p>
        <strong>It leads to another server now.</strong> Saving clears {credentialWords(cleared)}: credentials
        belong to the server they were given for. Choose others, or say that the new one may see the same.
      </p>
      <CheckField label="Show the same credentials to the new server" {...register(KEEP_CREDENTIALS)} />
    </div>
  );
}

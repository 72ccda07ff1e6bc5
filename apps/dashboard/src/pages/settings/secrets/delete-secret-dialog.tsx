import { useQueryClient } from '@tanstack/react-query';
import { callFully } from '../../../api/call.ts';
import { ConfirmDialog } from '../../../ui/ask-dialog.tsx';
import { tell } from '../../../ui/tell.tsx';
import styles from '../settings.module.css';

interface DeleteSecretProps {
  name: string;
  usedBy: readonly string[];
  onClose(): void;
}

export function DeleteSecretDialog({ name, usedBy, onClose }: DeleteSecretProps) {
  const queries = useQueryClient();
  const confirm = async () => {
    const { status, body } = await callFully('deleteSecret', { params: { name } });
    void queries.invalidateQueries({ queryKey: ['listSecrets'] });
    void queries.invalidateQueries({ queryKey: ['listApprovals'] });
    if (status === 202 && typeof body === 'object' && 'id' in body)
      tell({
        title: `That ${name} is deleted waits for a second person.`,
        tone: 'warn',
        link: { href: `/approvals?id=${body.id}`, title: 'Go to the approval' },
      });
    else tell(`${name} is deleted.`);
  };
  return (
    <ConfirmDialog
      open
      danger
      title={`Delete ${name}?`}
      description="Its value is gone for good, with all versions."
      confirm="Delete"
      onClose={onClose}
      onConfirm={confirm}
    >
      {usedBy.length > 0 && (
        <p className={styles['notice']}>
          {usedBy.join(', ')} {usedBy.length === 1 ? 'refers' : 'refer'} to it: as long as that is so, it
          cannot be deleted.
        </p>
      )}
    </ConfirmDialog>
  );
}

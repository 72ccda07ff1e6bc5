import { useQueryClient } from '@tanstack/react-query';
import type { UserObject } from '#contract';
import { callFully } from '../../../api/call.ts';
import { ConfirmDialog } from '../../../ui/ask-dialog.tsx';
import { tell } from '../../../ui/tell.tsx';

/** To take somebody's account away is never held up; to give it back may need a second person. */
export function DisableUserDialog({
  user: { name, disabled },
  onClose,
}: {
  user: UserObject;
  onClose(): void;
}) {
  const queries = useQueryClient();
  const confirm = async () => {
    const { status, body } = await callFully('changeUser', {
      params: { name },
      body: { disabled: !disabled },
    });
    void queries.invalidateQueries({ queryKey: ['listUsers'] });
    void queries.invalidateQueries({ queryKey: ['listSessions'] });
    if (status === 202 && 'id' in body)
      tell({
        title: `That ${name} is enabled waits for a second person.`,
        tone: 'warn',
        link: { href: `/approvals?id=${body.id}`, title: 'Go to the approval' },
      });
    else tell(disabled ? `${name} can sign in again.` : `${name} is disabled and signed out.`);
  };
  return (
    <ConfirmDialog
      open
      danger={!disabled}
      title={disabled ? `Enable ${name}?` : `Disable ${name}?`}
      description={
        disabled
          ? 'The user can sign in again, with the role and partners of before.'
          : 'All sessions end, sign-in is refused, and API keys that this person stands behind open nothing. What was done stays in the audit.'
      }
      confirm={disabled ? 'Enable' : 'Disable'}
      onClose={onClose}
      onConfirm={confirm}
    />
  );
}

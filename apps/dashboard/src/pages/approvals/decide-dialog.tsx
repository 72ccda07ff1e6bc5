import { useQueryClient } from '@tanstack/react-query';
import type { Approval } from '#contract';
import { call } from '../../api/call.ts';
import { ReasonDialog } from '../../ui/ask-dialog.tsx';
import { tell } from '../../ui/tell.tsx';
import { visibleText } from '../../ui/visible-text.ts';
import { actorText, headline } from './approval-words.ts';

interface DecideProps {
  approval: Approval;
  what: 'approve' | 'reject';
  own: boolean;
  onClose(): void;
}

export function DecideDialog({ approval, what, own, onClose }: DecideProps) {
  const queries = useQueryClient();
  const params = { id: approval.id };
  const title = visibleText(headline(approval));
  if (what === 'approve')
    return (
      <ReasonDialog
        open
        title="Approve this change?"
        description={`${title}, as ${visibleText(actorText(approval.requestedBy))} has asked. It takes effect at once.`}
        confirm="Approve"
        reason="optional"
        onClose={onClose}
        onConfirm={async (note = '') => {
          await call('approveApproval', { params, body: { note } });
          tell(`Approved: ${title}.`);
          // Whatever it was about looks different now.
          void queries.invalidateQueries();
        }}
      />
    );
  return (
    <ReasonDialog
      open
      danger
      title={own ? 'Withdraw what you asked for?' : 'Reject this change?'}
      description={`${title}. Nothing changes; whoever wants it has to ask anew.`}
      confirm={own ? 'Withdraw' : 'Reject'}
      reason="required"
      {...(!own && {
        hint: `${visibleText(approval.requestedBy.name)} can read it here. It is kept in the audit.`,
      })}
      onClose={onClose}
      onConfirm={async (reason = '') => {
        await call('rejectApproval', { params, body: { reason } });
        tell(own ? `Withdrawn: ${title}.` : `Rejected: ${title}.`);
        void queries.invalidateQueries({ queryKey: ['listApprovals'] });
      }}
    />
  );
}

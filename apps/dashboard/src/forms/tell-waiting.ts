import { tell } from '../ui/tell.tsx';

/** Four eyes, where no form is open to say it. */
export function tellWaiting(approvalId: string): void {
  tell({
    title: 'It waits for a second person.',
    description: 'Nothing has changed yet: another admin has to approve it.',
    link: { href: `/approvals?id=${encodeURIComponent(approvalId)}`, title: 'Go to the approval' },
    tone: 'warn',
  });
}

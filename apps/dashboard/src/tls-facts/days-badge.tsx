import { Badge } from '../ui/state-badge.tsx';
import { daysText, toneOfDays } from './certificate-days.ts';

/** How long a certificate still holds. */
export function DaysBadge({ daysLeft }: { daysLeft: number | null }) {
  return <Badge tone={toneOfDays(daysLeft)}>{daysText(daysLeft)}</Badge>;
}

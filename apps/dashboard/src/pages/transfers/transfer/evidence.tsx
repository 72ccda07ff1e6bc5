import type { ReactNode } from 'react';
import type { Attempt, Transfer } from '#contract';
import { useMay } from '../../../session/me.ts';
import { TlsPanel } from '../../../tls-facts/tls-panel.tsx';
import { EmptyState, Section } from '../../../ui/page.tsx';
import { type Tab, Tabs } from '../../../ui/tabs.tsx';
import { TranscriptViewer } from './transcript-viewer.tsx';
import { TransferAudit } from './transfer-audit.tsx';

export const PARTS = ['tls', 'transcript', 'audit'] as const;
export type Part = (typeof PARTS)[number];

interface EvidenceProps {
  transfer: Transfer;
  /** The one that was chosen; undefined where there was none. */
  attempt: Attempt | undefined;
  zone: string | undefined;
  part: Part | undefined;
  onChoose(part: Part): void;
  /** Above all of it. */
  children?: ReactNode;
}

/** What proves how it went: TLS first, so that it is on the page without a click. */
export function Evidence({ transfer, attempt, zone, part, onChoose, children }: EvidenceProps) {
  const may = useMay();
  const none = (
    <EmptyState title="There was no attempt.">
      <p>
        {transfer.state === 'suppressed'
          ? 'This version of the file was delivered before.'
          : transfer.state === 'planned'
            ? 'It waits for a lane of its run.'
            : 'The run ended before a worker took it up.'}
      </p>
    </EmptyState>
  );
  const tabs: Tab<Part>[] = [
    {
      id: 'tls',
      title: 'TLS',
      count: attempt?.negotiations.length,
      // Another attempt begins with its own handshakes open.
      content: attempt ? (
        <TlsPanel key={attempt.id} negotiations={attempt.negotiations} sessions={attempt} />
      ) : (
        none
      ),
    },
    ...(may('getTranscript')
      ? [
          {
            id: 'transcript' as const,
            title: 'Transcript',
            content: attempt ? <TranscriptViewer key={attempt.id} attempt={attempt} /> : none,
          },
        ]
      : []),
    ...(may('listAuditEvents')
      ? [
          {
            id: 'audit' as const,
            title: 'Audit',
            content: <TransferAudit transferId={transfer.id} zone={zone} />,
          },
        ]
      : []),
  ];
  const chosen = tabs.some(({ id }) => id === part) ? part! : 'tls';
  return (
    <Section title={attempt && transfer.attempts > 1 ? `Evidence of attempt ${attempt.number}` : 'Evidence'}>
      {children}
      <Tabs label="Evidence of the transfer" tabs={tabs} value={chosen} onChange={onChoose} />
    </Section>
  );
}

import { useQuery } from '@tanstack/react-query';
import type { Run } from '#contract';
import { TlsPanel } from '../../../tls-facts/tls-panel.tsx';
import { Section } from '../../../ui/page.tsx';
import { handshakesQuery } from './run-queries.ts';

/** Of a run that came to no file: what its connections were, as there is no transfer to show them. */
export function RunHandshakes({ run }: { run: Run }) {
  const { data } = useQuery(handshakesQuery(run.id));
  if (!data || data.length === 0) return null;
  return (
    <Section title="TLS connections">
      <TlsPanel negotiations={data} />
    </Section>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { TlsNegotiation } from '#contract';
import { call } from '../../api/call.ts';
import { NegotiationCard } from '../../tls-facts/negotiation-card.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Loaded } from '../../ui/loaded.tsx';
import { EmptyState } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import styles from './tls-page.module.css';

/** So many handshakes begin in one millisecond at most, or belong to one run before it. */
const MOST = 200;

interface TlsDetailsProps {
  /** Both stand in the address: the api finds a handshake by its moment. */
  id: string;
  at: string;
  onClose(): void;
  onShow(negotiation: TlsNegotiation): void;
}

/** All facts of one handshake, over the list. */
export function TlsDetails({ id, at, onClose, onShow }: TlsDetailsProps) {
  const query = useQuery({
    queryKey: ['tlsNegotiation', id, at],
    queryFn: async () => {
      const moment = Date.parse(at);
      const { items } = await call('listTlsNegotiations', {
        query: {
          from: new Date(moment).toISOString(),
          to: new Date(moment + 1).toISOString(),
          limit: MOST,
        },
      });
      return items.find((negotiation) => negotiation.id === id) ?? null;
    },
  });
  return (
    <Dialog title="TLS handshake" open wide onClose={onClose}>
      <Loaded query={query} what="The handshake could not be read" skeleton={<Skeleton height="22rem" />}>
        {(negotiation) =>
          negotiation ? (
            <Found negotiation={negotiation} onShow={onShow} />
          ) : (
            <EmptyState title="There is no such handshake.">
              <p>It may belong to a partner that you do not see.</p>
            </EmptyState>
          )
        }
      </Loaded>
    </Dialog>
  );
}

function Found({
  negotiation,
  onShow,
}: {
  negotiation: TlsNegotiation;
  onShow(negotiation: TlsNegotiation): void;
}) {
  const { endpoint, runId, resumedFrom, startedAt } = negotiation;
  const origin = useQuery({
    queryKey: ['tlsNegotiation', resumedFrom, 'of run', runId],
    enabled: resumedFrom !== null && runId !== null,
    queryFn: async () => {
      const query = { runId: runId!, endpoint, to: startedAt, limit: MOST };
      const { items } = await call('listTlsNegotiations', { query });
      return items.find(({ id }) => id === resumedFrom) ?? null;
    },
  }).data;
  return (
    <>
      <p className={styles['where']}>
        <Link to="/endpoints/$name" params={{ name: endpoint }} search={{ part: 'trust' }}>
          Endpoint {endpoint}
        </Link>
        {runId && (
          <Link to="/runs/$id" params={{ id: runId }}>
            The run it was made for
          </Link>
        )}
      </p>
      <NegotiationCard
        key={negotiation.id}
        negotiation={negotiation}
        origin={origin ?? undefined}
        onShowOrigin={() => origin && onShow(origin)}
        open
      />
    </>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Transfer } from '#contract';
import { showDuration } from '../../../ui/amounts.ts';
import { CopyButton } from '../../../ui/copy-button.tsx';
import { Fact, Facts } from '../../../ui/facts.tsx';
import { Moment } from '../../../ui/moment.tsx';
import { OutsideText } from '../../../ui/outside-text.tsx';
import { assuranceSays } from './assurance.ts';
import styles from './transfer.module.css';
import { decisionQuery } from './transfer-queries.ts';

interface TransferFactsProps {
  transfer: Transfer;
  zone: string | undefined;
  /** A person has decided. */
  wasHeld: boolean;
}

/** What is known of the file: its proof first. */
export function TransferFacts({ transfer, zone, wasHeld }: TransferFactsProps) {
  const decision = useQuery({ ...decisionQuery(transfer), enabled: wasHeld }).data;
  const { sha256, assurance, startedAt, deliveredAt, finishedAt, createdAt, suppressedBy } = transfer;
  return (
    <Facts>
      <Fact label="SHA-256" wide>
        {sha256 ? (
          <span className={styles['hash']}>
            <code>{sha256}</code>
            <CopyButton text={sha256} label="Copy SHA-256" />
          </span>
        ) : (
          'not known'
        )}
      </Fact>
      {assurance && (
        <Fact label="Assurance" wide>
          <strong>{assurance.replaceAll('_', ' ')}</strong>: {assuranceSays(assurance)}
        </Fact>
      )}
      {suppressedBy && (
        <Fact label="Delivered before" wide>
          <Link to="/transfers/$id" params={{ id: suppressedBy }}>
            An earlier transfer
          </Link>{' '}
          has this very version of the file. It is not sent twice.
        </Fact>
      )}
      {decision?.resolvedAt && (
        <Fact label="Decided" wide>
          <Moment at={decision.resolvedAt} routeZone={zone} /> by{' '}
          <OutsideText text={decision.resolvedBy ?? 'somebody'} />:{' '}
          <OutsideText text={decision.resolution ?? ''} />
        </Fact>
      )}
      <Fact label="Route">
        <Link to="/routes/$name" params={{ name: transfer.route }}>
          {transfer.route}
        </Link>
      </Fact>
      <Fact label="Run">
        <Link to="/runs/$id" params={{ id: transfer.runId }}>
          <Moment at={createdAt} routeZone={zone} />
        </Link>
      </Fact>
      {startedAt && (
        <Fact label="Started">
          <Moment at={startedAt} routeZone={zone} />
        </Fact>
      )}
      {deliveredAt && (
        <Fact label="Delivered">
          <Moment at={deliveredAt} routeZone={zone} />
        </Fact>
      )}
      {finishedAt && finishedAt !== deliveredAt && (
        <Fact label="Ended">
          <Moment at={finishedAt} routeZone={zone} />
        </Fact>
      )}
      {startedAt && finishedAt && (
        <Fact label="Took">{showDuration(Date.parse(finishedAt) - Date.parse(startedAt))}</Fact>
      )}
      {transfer.sourceModified !== '' && (
        <Fact label="Version at the source">
          <OutsideText text={transfer.sourceModified} />
        </Fact>
      )}
    </Facts>
  );
}

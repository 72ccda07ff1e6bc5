import type { Tx } from '../open-store.ts';

/** An event with what a line about it needs. */
export interface ToldEvent {
  id: bigint;
  at: Date;
  action: string;
  details: Record<string, unknown>;
  transferId: string | null;
  /** null where the event is about neither a run nor a transfer. */
  route: string | null;
  sourceProtocol: string;
  destinationProtocol: string;
  /** null without a transfer, as the others of its columns. */
  sourcePath: string | null;
  sizeBytes: bigint | null;
  sha256: string | null;
  /** What carried the bytes: the newest data connection of the last attempt that was not refused; of what is delivered only. */
  tls: {
    verdict: string;
    protocol: string | null;
    cipher: string | null;
    resumed: boolean;
    legacyPolicy: string | null;
  } | null;
}

export interface TellingSearch {
  after: bigint;
  /** Told already. */
  except: Iterable<bigint>;
  actions: readonly string[];
  limit: number;
}

/** Oldest first. One statement however many there are: a thousand small files are a thousand lines. */
export function findEventsToTell(
  db: Tx,
  { after, except, actions, limit }: TellingSearch,
): Promise<ToldEvent[]> {
  return db.$queryRaw<ToldEvent[]>`
    SELECT event.id, event.at, event.action, event.details, event.transfer_id::text AS "transferId", route.name AS route,
           source.protocol AS "sourceProtocol", destination.protocol AS "destinationProtocol",
           transfer.source_path AS "sourcePath", transfer.size_bytes AS "sizeBytes", transfer.sha256,
           CASE WHEN event.action = 'transfer.delivered' THEN (
             SELECT jsonb_build_object('verdict', verdict, 'protocol', protocol, 'cipher', cipher, 'resumed', resumed,
                                       'legacyPolicy', legacy_policy)
               FROM tls_negotiation
              WHERE attempt_id = (SELECT attempt.id FROM attempt WHERE attempt.transfer_id = transfer.id
                                   ORDER BY number DESC LIMIT 1)
                AND verdict <> 'refused' AND command IN ('RETR', 'STOR')
              ORDER BY started_at DESC LIMIT 1) END AS tls
      FROM (SELECT * FROM audit_event
             WHERE id > ${after} AND id <> ALL (${[...except]}::bigint[]) AND action = ANY (${[...actions]}::text[])
             ORDER BY id LIMIT ${limit}) AS event
      LEFT JOIN transfer ON transfer.id = event.transfer_id
      LEFT JOIN run ON run.id = event.run_id
      LEFT JOIN transfer_route route ON route.id = coalesce(transfer.route_id, run.route_id)
      LEFT JOIN endpoint source ON source.id = route.source_endpoint_id
      LEFT JOIN endpoint destination ON destination.id = route.destination_endpoint_id
     ORDER BY event.id`;
}

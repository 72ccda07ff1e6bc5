import type { InputOf, Page, TlsNegotiation } from '#contract';
import type { Store } from '#store';
import { afterRow, between, makePage } from '../paging.ts';
import { instantOrNull, sizeOrNull } from '../stored-values.ts';

export type TlsNegotiationFilter = InputOf<'listTlsNegotiations'>['query'];

export async function listTlsNegotiations(
  store: Store,
  filter: TlsNegotiationFilter,
): Promise<Page<TlsNegotiation>> {
  const { endpoint, partner, version, cipher, verdict, resumed, channel, runId, attemptId } = filter;
  const started = between(filter.from, filter.to);
  return makePage(
    {
      name: 'tls-negotiations',
      key: 'uuid',
      keyOf: (row: NegotiationRow) => row.id,
      toItem: toTlsNegotiation,
    },
    filter,
    ({ take, after }) =>
      store.db.tlsNegotiation.findMany({
        where: {
          ...(endpoint !== undefined && { endpoint }),
          ...(partner !== undefined && { endpointOf: { partner: { name: partner } } }),
          ...(version !== undefined && { protocol: version }),
          ...(cipher !== undefined && { cipher }),
          ...(verdict !== undefined && { verdict }),
          ...(resumed !== undefined && { resumed: resumed === 'true' }),
          ...(channel !== undefined && { channel }),
          ...(runId !== undefined && { runId }),
          ...(attemptId !== undefined && { attemptId }),
          ...(started && { startedAt: started }),
        },
        orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        take,
        ...afterRow(after),
      }),
  );
}

type Text =
  | 'localAddress'
  | 'remoteAddress'
  | 'serverName'
  | 'alpn'
  | 'authReply'
  | 'pbszReply'
  | 'protReply'
  | 'protocol'
  | 'cipher'
  | 'keyExchangeGroup'
  | 'signatureAlgorithm'
  | 'legacyPolicy'
  | 'error';

export type NegotiationRow = Record<Text, string | null> & {
  id: string;
  runId: string | null;
  attemptId: string | null;
  sessionId: string;
  endpoint: string;
  channel: string;
  command: string;
  mode: string;
  resumed: boolean;
  resumedFrom: string | null;
  peerCertificates: unknown;
  nameCheck: string;
  pinCheck: string;
  chainCheck: string;
  verdict: string;
  closeNotify: string | null;
  bytesPlain: bigint | null;
  bytesWire: bigint | null;
  startedAt: Date;
  handshakeMs: number;
  closedAt: Date | null;
};

export function toTlsNegotiation(row: NegotiationRow): TlsNegotiation {
  return {
    id: row.id,
    runId: row.runId,
    attemptId: row.attemptId,
    sessionId: row.sessionId,
    endpoint: row.endpoint,
    channel: row.channel as TlsNegotiation['channel'],
    command: row.command,
    mode: row.mode as TlsNegotiation['mode'],
    localAddress: row.localAddress,
    remoteAddress: row.remoteAddress,
    serverName: row.serverName,
    alpn: row.alpn,
    authReply: row.authReply,
    pbszReply: row.pbszReply,
    protReply: row.protReply,
    protocol: row.protocol,
    cipher: row.cipher,
    keyExchangeGroup: row.keyExchangeGroup,
    signatureAlgorithm: row.signatureAlgorithm,
    resumed: row.resumed,
    resumedFrom: row.resumedFrom,
    verdict: row.verdict as TlsNegotiation['verdict'],
    legacyPolicy: row.legacyPolicy as TlsNegotiation['legacyPolicy'],
    peerCertificates: row.peerCertificates as TlsNegotiation['peerCertificates'],
    nameCheck: row.nameCheck as TlsNegotiation['nameCheck'],
    pinCheck: row.pinCheck as TlsNegotiation['pinCheck'],
    chainCheck: row.chainCheck as TlsNegotiation['chainCheck'],
    closeNotify: row.closeNotify as TlsNegotiation['closeNotify'],
    bytesPlain: sizeOrNull(row.bytesPlain),
    bytesWire: sizeOrNull(row.bytesWire),
    startedAt: row.startedAt.toISOString(),
    handshakeMs: row.handshakeMs,
    closedAt: instantOrNull(row.closedAt),
    error: row.error,
  };
}

import { ERROR_TABLE, type ErrorCode } from '#domain';
import { clock, size } from './terminal.ts';

/** What one line of the terminal tells about one transfer. */
export interface DeliveryReport {
  at: Date;
  outcome: 'delivered' | 'failed' | 'held' | 'will_retry';
  direction: 'pull' | 'push' | 'move';
  route: string;
  fileName: string;
  sizeBytes: number | null;
  sha256: string | null;
  tls: TlsSummary | Unprotected | undefined;
  error: { code: string; detail?: string | undefined } | undefined;
  /** Of a held file: what the decision is about. */
  heldTransferId?: string | undefined;
}

/** Of the data connection that carried the file; of the control connection where the file had none. */
export interface TlsSummary {
  protocol: string;
  cipher: string;
  channel: 'control' | 'data';
  resumed: boolean;
}

/** No TLS carried the file: the legacy policy that allowed it. */
export interface Unprotected {
  unprotectedBy: string;
}

/** Pure: the line, and where something went wrong a sentence for the operator; where it is held, what to type. */
export function reportLines(report: DeliveryReport): string[] {
  const words = report.outcome === 'will_retry' ? 'try failed' : report.outcome;
  const parts = [clock(report.at), words.padEnd(10), report.direction, report.route, report.fileName];
  if (report.outcome === 'delivered') {
    parts.push(size(report.sizeBytes));
    if (report.sha256) parts.push(`sha256 ${report.sha256.slice(0, 12)}…`);
    if (report.tls) parts.push(tlsText(report.tls));
  } else if (report.error) parts.push(report.error.code);
  const line = parts.join('  ');
  const lines = [line];
  if (report.error) lines.push(`          ${errorSentence(report.error.code, report.error.detail)}`);
  if (report.heldTransferId !== undefined)
    lines.push(`          Decide it: ${decisionCommand(report.heldTransferId)}`);
  return lines;
}

/** What to type where a transfer is held. */
export function decisionCommand(transferId: string): string {
  return `waybill resolve ${transferId} --as delivered|resend|give_up --reason TEXT`;
}

export function tlsText(tls: TlsSummary | Unprotected): string {
  if ('unprotectedBy' in tls) return `NO TLS (allowed by ${tls.unprotectedBy})`;
  return `${tls.protocol} ${tls.cipher} (${tls.channel}${tls.resumed ? ' resumed' : ''})`;
}

/** The operator's sentence of a code, and what the peer said where it adds something. */
export function errorSentence(code: string, detail?: string | null): string {
  const sentence = code in ERROR_TABLE ? ERROR_TABLE[code as ErrorCode].sentence : '';
  return [sentence, detail && detail !== sentence ? `[${detail}]` : ''].filter(Boolean).join(' ');
}

import { type ErrorCode, type Phase, TransferError } from '#domain';
import { type Reply, replyText } from './reply-reader.ts';

/** Errors after which control connection and server still agree: the session may go on. */
const HARMLESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'path_not_found',
  'permission_denied',
  'file_unavailable',
  'file_name_refused',
  'destination_exists',
  'disk_full',
  'remote_busy',
  'rename_failed',
  'resume_refused',
]);

export function leavesSessionUsable(error: TransferError): boolean {
  return HARMLESS.has(error.code);
}

export function refused(code: ErrorCode, phase: Phase, reply: Reply): TransferError {
  return new TransferError(code, { phase, reply: replyText(reply) });
}

/** Positive final reply (RFC 959 section 4.2.1). */
export function isPositive(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

/** Missing, busy, taken and forbidden all look alike (RFC 959 section 4.2.2). */
export function meansUnavailable(reply: Reply): boolean {
  return reply.code === 550 || reply.code === 553;
}

/** The command, or this form of it, does not exist on this server. */
export function isNotImplemented(reply: Reply): boolean {
  return [500, 501, 502, 504, 522].includes(reply.code);
}

/**
 * What a refusal means when nothing more is known, by code alone: texts differ and lie. `fallback` is the meaning of
 * 550 and 553, which stand for missing, busy and forbidden alike.
 */
export function refusalCode(reply: Reply, fallback: ErrorCode): ErrorCode {
  switch (reply.code) {
    case 421:
      return 'server_busy';
    case 425:
    case 426:
      return 'connection_lost';
    case 451:
      return 'transfer_interrupted';
    case 450:
      return 'remote_busy';
    case 452:
    case 552:
      return 'disk_full';
    case 521:
    case 533:
    case 534:
    case 535:
    case 536:
    case 537:
      return 'tls_private_data_refused';
    case 522:
      return 'tls_data_channel_refused';
    case 530:
    case 532:
      return 'permission_denied';
    case 550:
    case 553:
      return fallback;
    default:
      return reply.code >= 400 && reply.code < 500 ? 'transfer_interrupted' : 'protocol_violation';
  }
}

/**
 * A negative end of a transfer whose data connection was made. 425 and 522 about a connection that did not resume
 * are the servers' ways to demand session reuse (ProFTPD 425, vsftpd 522).
 */
export function transferRefusalCode(
  reply: Reply,
  data: { resumed: boolean },
  fallback: ErrorCode,
): ErrorCode {
  if (reply.code === 425 || reply.code === 522)
    return data.resumed ? 'tls_data_channel_refused' : 'tls_session_not_reused';
  return refusalCode(reply, fallback);
}

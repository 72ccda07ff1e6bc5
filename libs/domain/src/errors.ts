/** The part of a transfer in which something happened. */
export const PHASES = [
  'connect',
  'negotiate',
  'authenticate',
  'list',
  'open',
  'stream',
  'verify',
  'publish',
  'dispose',
] as const;
export type Phase = (typeof PHASES)[number];

/** `soon`: back-off from the first delay. `later`: same, counted as the partner being busy. `never`: a person has to change something. */
export type RetryAdvice = 'soon' | 'later' | 'never';

interface ErrorRow {
  retry: RetryAdvice;
  /** For the operator: what it means and what to do. */
  sentence: string;
}

/** The closed list of what can go wrong. README.md of this room shows the same table; a test keeps them equal. */
export const ERROR_TABLE = {
  dns_not_found: {
    retry: 'later',
    sentence: 'The host name does not resolve. Check `host` of the endpoint and the DNS of the worker.',
  },
  egress_refused: {
    retry: 'never',
    sentence:
      'This installation does not let connections go to that address; nothing was sent. Check `host` and what it resolves to; WAYBILL_EGRESS_ALLOW and WAYBILL_EGRESS_DENY of the worker decide.',
  },
  connect_refused: {
    retry: 'soon',
    sentence:
      "The server refused the connection. Check `host` and `port`, and that the partner's service runs.",
  },
  connect_timeout: {
    retry: 'soon',
    sentence:
      'No answer to the connection attempt. A firewall may drop it; ask the partner whether our address is allowed.',
  },
  connection_lost: {
    retry: 'soon',
    sentence:
      'The connection broke. It is tried again; if it persists, look at firewalls and idle limits on the way.',
  },
  reply_timeout: {
    retry: 'soon',
    sentence:
      'The server stayed silent past the deadline. It is tried again; if it persists, ask the partner about the load of the server.',
  },
  protocol_violation: {
    retry: 'never',
    sentence:
      'The server answered in a way the protocol does not allow. Check that host and port belong to the right service; the transcript shows the answer.',
  },
  tls_not_offered: {
    retry: 'never',
    sentence:
      'The server refused to start TLS. Nothing was sent in clear. Check `mode` and `port`, or ask the partner to switch TLS on.',
  },
  tls_handshake_failed: {
    retry: 'never',
    sentence:
      'The TLS handshake failed: no common version or cipher, or the server is not speaking TLS on this port. Check `mode` and `tls.minVersion`.',
  },
  tls_untrusted_certificate: {
    retry: 'never',
    sentence:
      "The server's certificate is not signed by an authority this endpoint trusts. Set `tls.ca` to the partner's authority after checking it with the partner.",
  },
  tls_certificate_expired: {
    retry: 'never',
    sentence: "The server's certificate is expired or not yet valid. The partner has to renew it.",
  },
  tls_name_mismatch: {
    retry: 'never',
    sentence:
      "The server's certificate is for another name. Set `tls.serverName` if the partner confirms the name in the certificate.",
  },
  tls_pin_mismatch: {
    retry: 'never',
    sentence:
      'The server shows a public key that is not pinned. Ask the partner whether the key was changed before adding the new pin.',
  },
  tls_client_certificate_refused: {
    retry: 'never',
    sentence:
      'The server refused or demands our client certificate. Check `tls.clientCertificate` with the partner.',
  },
  tls_private_data_refused: {
    retry: 'never',
    sentence:
      'The server refused to protect data connections (PBSZ/PROT). No file was sent. Ask the partner to allow PROT P.',
  },
  tls_data_channel_refused: {
    retry: 'soon',
    sentence:
      'TLS could not be established on the data connection, or it did not belong to the server of the control connection. Nothing was transferred in clear.',
  },
  tls_session_not_reused: {
    retry: 'soon',
    sentence:
      'The data connection did not resume the TLS session of the control connection as required. See `tls.sessionReuse`.',
  },
  tls_truncated: {
    retry: 'soon',
    sentence:
      'The data ended without the TLS end mark and nothing else proves that it is complete. It was not delivered.',
  },
  auth_rejected: {
    retry: 'never',
    sentence:
      'The server refused user name or password. It is not tried again, so that the account is not locked. Check the credentials with the partner.',
  },
  login_paused: {
    retry: 'never',
    sentence:
      'The server refused our login a short while ago. There is no other within 15 minutes, so that the account is not locked. New credentials, or a `waybill doctor` whose login works, end the pause.',
  },
  server_busy: {
    retry: 'later',
    sentence:
      'The server is busy or out of sessions. It is tried again later; lower `maxSessions` if it persists.',
  },
  permission_denied: {
    retry: 'never',
    sentence: 'The account may not do this at this place. Check the rights of the folder with the partner.',
  },
  path_not_found: {
    retry: 'never',
    sentence: 'The folder or file does not exist. Check `path` of the route, upper and lower case included.',
  },
  file_unavailable: {
    retry: 'soon',
    sentence:
      'The server says the file is unavailable, which can mean missing, busy or forbidden. The transcript shows its words.',
  },
  remote_busy: { retry: 'soon', sentence: 'The file is in use on the server. It is tried again.' },
  disk_full: {
    retry: 'later',
    sentence:
      'No space left at the destination. Make room, or ask the partner to; the source was not touched.',
  },
  file_name_refused: {
    retry: 'never',
    sentence: 'The file name cannot be represented safely. It was left alone.',
  },
  path_outside_root: {
    retry: 'never',
    sentence: "The path leads outside the endpoint's root directory. It was refused.",
  },
  transfer_interrupted: {
    retry: 'soon',
    sentence: 'The transfer broke off before its end. Nothing was delivered; it is tried again.',
  },
  resume_refused: {
    retry: 'soon',
    sentence: 'The server does not go on in the middle of a file. It is transferred from the beginning.',
  },
  size_mismatch: {
    retry: 'soon',
    sentence: 'The number of bytes differs from what the server stated. Nothing was delivered.',
  },
  checksum_mismatch: {
    retry: 'soon',
    sentence: 'The checksum differs between source and destination. Nothing was delivered.',
  },
  assurance_too_low: {
    retry: 'never',
    sentence:
      'The destination cannot prove the delivery as strongly as `verify.minimum` demands. Lower it, or choose `read_back`.',
  },
  source_changed: {
    retry: 'later',
    sentence: 'The source file changed while it was read. It is tried again when it has settled.',
  },
  source_gone: {
    retry: 'never',
    sentence: 'The source file vanished between listing and reading. Another program may have taken it.',
  },
  destination_exists: {
    retry: 'never',
    sentence:
      'A file of this name exists at the destination, and the route says `onExisting: refuse`. Nothing was overwritten.',
  },
  rename_failed: {
    retry: 'soon',
    sentence: 'The file arrived under its temporary name, but the server refused to rename it.',
  },
  delivery_in_doubt: {
    retry: 'never',
    sentence:
      'The rename was sent and its outcome cannot be established. The transfer is held; look at the destination and decide.',
  },
  lease_lost: {
    retry: 'soon',
    sentence: 'This worker lost its claim on the transfer, and stopped. Another worker goes on with it.',
  },
  worker_lost: { retry: 'soon', sentence: 'The worker died during the attempt. Another attempt was made.' },
  secret_unavailable: {
    retry: 'later',
    sentence:
      'A secret that this endpoint refers to cannot be read. Check that it exists for the worker: `waybill secret set NAME`.',
  },
  invalid_configuration: {
    retry: 'never',
    sentence: 'The configuration is not usable. The detail names the place.',
  },
  cancelled: { retry: 'never', sentence: 'Cancelled by an operator.' },
  shutting_down: {
    retry: 'soon',
    sentence: 'The worker was stopped during the attempt. It is tried again by the next one.',
  },
  internal: {
    retry: 'soon',
    sentence: 'An unexpected error inside Waybill. The log carries the cause; please report it.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_TABLE;
export const ERROR_CODES = Object.keys(ERROR_TABLE) as ErrorCode[];

export interface TransferErrorDetails {
  phase: Phase;
  /** What, where, with the peer's words; never a secret. */
  detail?: string;
  /** The server's final reply, e.g. `530 Login incorrect.`, control characters already removed. */
  reply?: string;
  retry?: RetryAdvice;
  cause?: unknown;
}

/** The one throwable class. Adapters make it at their border; nobody matches on its text. */
export class TransferError extends Error {
  readonly code: ErrorCode;
  readonly phase: Phase;
  readonly retry: RetryAdvice;
  readonly detail: string | undefined;
  readonly reply: string | undefined;

  constructor(code: ErrorCode, details: TransferErrorDetails) {
    super(details.detail ?? ERROR_TABLE[code].sentence, { cause: details.cause });
    this.name = 'TransferError';
    this.code = code;
    this.phase = details.phase;
    this.retry = details.retry ?? ERROR_TABLE[code].retry;
    this.detail = details.detail;
    this.reply = details.reply;
  }

  /** The operator's sentence of the table. */
  get sentence(): string {
    return ERROR_TABLE[this.code].sentence;
  }

  /** Unknown things become `internal` with their cause; a TransferError stays what it is. */
  static from(thrown: unknown, phase: Phase): TransferError {
    if (thrown instanceof TransferError) return thrown;
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    return new TransferError('internal', { phase, detail, cause: thrown });
  }
}

import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, replyText } from './reply-reader.ts';

const MAX_SIZE_BYTES = 2n ** 63n - 1n;

/** SIZE (RFC 3659 section 4): `213 12345` and nothing else. */
export function readSize(reply: Reply): bigint {
  const size = reply.lines.length === 1 ? /^213 (\d{1,19})$/.exec(reply.lines[0]!)?.[1] : undefined;
  if (size === undefined || BigInt(size) > MAX_SIZE_BYTES)
    throw new ProtocolViolation(`not a size: ${replyText(reply)}`);
  return BigInt(size);
}

/** MDTM (RFC 3659 section 3): `213 YYYYMMDDHHMMSS[.f]`, kept as text. */
export function readModified(reply: Reply): string {
  const time =
    reply.lines.length === 1 ? /^213 (\d{14}(?:\.\d{1,9})?)$/.exec(reply.lines[0]!)?.[1] : undefined;
  if (time === undefined) throw new ProtocolViolation(`not a modification time: ${replyText(reply)}`);
  return time;
}

/**
 * HASH (draft-bryan-ftpext-hash-02): `213 SHA-256 0-3000000 HEX name`. ProFTPD puts a `213-Computing…` line
 * before it, so the last line counts. The range must start at 0: a RANG left over would hash a part.
 */
export function readHash(reply: Reply): string {
  const hex = /^213 SHA-256 0-\d{1,19} ([0-9a-fA-F]{64})(?: |$)/.exec(reply.lines.at(-1) ?? '')?.[1];
  if (hex === undefined) throw new ProtocolViolation(`not a SHA-256: ${replyText(reply)}`);
  return hex.toLowerCase();
}

/** XSHA256: `250 HEX`, upper case on ProFTPD. */
export function readXsha256(reply: Reply): string {
  const hex = /^2\d\d (?:.* )?([0-9a-fA-F]{64})$/.exec(reply.lines.at(-1) ?? '')?.[1];
  if (hex === undefined) throw new ProtocolViolation(`not a SHA-256: ${replyText(reply)}`);
  return hex.toLowerCase();
}

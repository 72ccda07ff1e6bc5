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

/** The instant that MDTM or MLSD text means (RFC 3659 section 2.3): UTC. null for text that is none. */
export function instantOf(modified: string): Date | null {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?$/.exec(modified);
  if (!match) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
  const milliseconds = Math.trunc(Number(`0.${match[7] ?? '0'}`) * 1000);
  const instant = new Date(Date.UTC(year!, month! - 1, day!, hour!, minute!, second!, milliseconds));
  // Month 13 or day 32 would silently become another day.
  return instant.getUTCMonth() === month! - 1 && instant.getUTCDate() === day ? instant : null;
}

/** RFC 3659 section 2.3. */
export function timeText(at: Date): string {
  return at.toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

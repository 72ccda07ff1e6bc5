import { ProtocolViolation } from './protocol-violation.ts';
import { type Reply, replyText } from './reply-reader.ts';
import { isTimeText } from './time-text.ts';

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
  const time = reply.lines.length === 1 && reply.code === 213 ? reply.lines[0]!.slice('213 '.length) : '';
  if (!isTimeText(time)) throw new ProtocolViolation(`not a modification time: ${replyText(reply)}`);
  return time;
}

/** The instant that MDTM or MLSD text means (RFC 3659 section 2.3): UTC. null for text that is none. */
export function instantOf(modified: string): Date | null {
  const match = /^((\d{4})(\d\d)(\d\d)(\d\d)(\d\d))(\d\d)(?:\.(\d{1,9}))?$/.exec(modified);
  if (!match) return null;
  const [year, month, day, hour, minute, stated] = match.slice(2, 8).map(Number);
  // 60 is a leap second, of which JavaScript knows nothing.
  const second = Math.min(stated!, 59);
  const whole = new Date(Date.UTC(year!, month! - 1, day!, hour!, minute!, second));
  // Month 13, minute 60 or the year 50 would silently become another time.
  if (stated! > 60 || timeText(whole) !== `${match[1]}${String(second).padStart(2, '0')}`) return null;
  const milliseconds = Math.trunc(Number(`0.${match[8] ?? '0'}`) * 1000);
  return new Date(whole.getTime() + (stated! - second) * 1000 + milliseconds);
}

/** RFC 3659 section 2.3. */
export function timeText(at: Date): string {
  return at.toISOString().replace(/[-:T]/g, '').slice(0, 14);
}

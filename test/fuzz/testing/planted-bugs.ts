import { ProtocolViolation } from '../../../libs/ftps/src/protocol-violation.ts';
import type { Reply } from '../../../libs/ftps/src/reply-reader.ts';

/** Throws for `bug!` alone; each right byte reaches one more block. */
export function readVersion(input: Buffer): void {
  if (input[0] === 0x62) {
    if (input[1] === 0x75) {
      if (input[2] === 0x67) {
        if (input[3] === 0x21) throw new Error('planted');
      }
    }
  }
}

/** The limit is forgotten. */
export function readSmallNumber(input: Buffer): number | undefined {
  const digits = /(?<!\d)\d{1,3}(?!\d)/.exec(input.toString('latin1'))?.[0];
  return digits === undefined ? undefined : Number(digits);
}

/** `readPassive` of the product with one mistake: its lowest port is 1023. */
export function readPassiveOffByOne(reply: Reply): { address: string; port: number } {
  const text = (reply.lines.at(-1) ?? '').slice(3);
  const match = /(?<![\d,.-])(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?!\d|,|\.\d)/.exec(
    text,
  );
  const numbers = match?.slice(1).map(Number) ?? [];
  if (numbers.length !== 6 || numbers.some((number) => number > 255))
    throw new ProtocolViolation('not a passive address');
  const port = numbers[4]! * 256 + numbers[5]!;
  if (!(port > 1022 && port <= 65_535)) throw new ProtocolViolation('not an acceptable data port');
  return { address: numbers.slice(0, 4).join('.'), port };
}

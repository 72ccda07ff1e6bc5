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

const TIME =
  /^\d{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d|60)(?:\.\d{1,9})?$/;

/** `YYYYMMDDHHMMSS[.f]` (RFC 3659 section 2.3), each part within its range; a leap second is one. */
export function isTimeText(text: string): boolean {
  return TIME.test(text);
}

/** For an Idempotency-Key: however often a button is pressed, and whatever the network loses, it is done once. */
export function newKey(): string {
  // randomUUID is only there on https and on the machine itself.
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `page-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

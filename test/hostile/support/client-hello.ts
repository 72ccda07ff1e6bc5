/** What a client offers (RFC 8446 section 4.1.2). */
export interface ClientHello {
  versions: number[];
  ciphers: number[];
  compressions: number[];
  extensions: number[];
}

const SUPPORTED_VERSIONS = 43;

/** From the first record of a connection; a hello that is cut into two records is not read. */
export function readClientHello(record: Buffer): ClientHello {
  // Record header 5, handshake header 4, legacy version 2, random 32.
  let at = 5 + 4;
  const legacyVersion = record.readUInt16BE(at);
  at += 2 + 32;
  at += 1 + record[at]!;
  const ciphers = numbers(record.subarray(at + 2, at + 2 + record.readUInt16BE(at)));
  at += 2 + record.readUInt16BE(at);
  const compressions = [...record.subarray(at + 1, at + 1 + record[at]!)];
  at += 1 + record[at]! + 2;
  const hello: ClientHello = { versions: [legacyVersion], ciphers, compressions, extensions: [] };
  while (at + 4 <= record.length) {
    const type = record.readUInt16BE(at);
    const body = record.subarray(at + 4, at + 4 + record.readUInt16BE(at + 2));
    hello.extensions.push(type);
    if (type === SUPPORTED_VERSIONS) hello.versions = numbers(body.subarray(1));
    at += 4 + body.length;
  }
  return hello;
}

function numbers(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, index) => bytes.readUInt16BE(index * 2));
}

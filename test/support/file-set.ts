import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const KIB = 1024;
const MIB = 1024 * KIB;

/** Sizes where buffers, TLS records and blocks begin and end. */
const EDGE_SIZES = [0, 1, 16 * KIB - 1, 16 * KIB, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, MIB + 1];

/** Names that break quoting, encoding, globbing and option parsing. */
const ODD_NAMES = [
  'with space.csv',
  '  two leading spaces.csv',
  'größe-€-日本語.csv',
  'percent%20%s%n.csv',
  'double"quote".csv',
  "single'quote.csv",
  '-leading-dash.csv',
  '--help',
  'semi;colon&amp.csv',
  'star*and?mark[1].csv',
  'back`tick$(id).csv',
  'hash#tilde~.csv',
  '.hidden.csv',
  'no-extension',
  `${'n'.repeat(196)}.csv`,
];

export interface PlantedFile {
  name: string;
  sizeBytes: number;
  sha256: string;
}

/**
 * Writes `count` files of random bytes into `directory`: every edge size, every odd name, one large file, and
 * small ones for the rest. What they hold is new in every run.
 */
export async function plantFileSet(
  directory: string,
  count: number,
  largeBytes: number,
): Promise<PlantedFile[]> {
  await mkdir(directory, { recursive: true });
  const wanted: { name: string; sizeBytes: number }[] = [
    ...EDGE_SIZES.map((sizeBytes) => ({ name: `size-${sizeBytes}.bin`, sizeBytes })),
    ...ODD_NAMES.map((name, index) => ({ name, sizeBytes: 100 + index })),
    { name: 'large.bin', sizeBytes: largeBytes },
  ];
  for (let index = wanted.length; index < count; index++)
    wanted.push({ name: `file-${index}.csv`, sizeBytes: 10 * KIB + index });
  const planted: PlantedFile[] = [];
  for (const file of wanted)
    planted.push({ ...file, sha256: await writeRandom(join(directory, file.name), file.sizeBytes) });
  return planted;
}

async function writeRandom(path: string, sizeBytes: number): Promise<string> {
  const hash = createHash('sha256');
  const block = randomBytes(Math.min(sizeBytes, 4 * MIB));
  await using file = await open(path, 'wx');
  for (let left = sizeBytes; left > 0; left -= block.length) {
    const piece = left < block.length ? block.subarray(0, left) : block;
    // No two blocks alike: a block delivered twice or in the wrong place must change the hash.
    if (piece.length >= 8) piece.writeBigUInt64LE(BigInt(left));
    hash.update(piece);
    await file.write(piece);
  }
  return hash.digest('hex');
}

/** SHA-256 of a file on disk, read independently of the product. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: MIB }), hash);
  return hash.digest('hex');
}

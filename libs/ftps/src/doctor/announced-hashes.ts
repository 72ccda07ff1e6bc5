import { hashCommands } from '../hash-commands.ts';

const NAMES: Record<string, string> = {
  sha512: 'SHA-512',
  sha256: 'SHA-256',
  sha1: 'SHA-1',
  md5: 'MD5',
  crc32: 'CRC32',
};

/** The algorithms that FEAT announces, strongest first, by their usual names. */
export function hashNames(features: ReadonlyMap<string, string>): string[] {
  return [...hashCommands(features).keys()].map((algorithm) => NAMES[algorithm] ?? algorithm);
}

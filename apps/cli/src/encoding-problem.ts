import iconv from 'iconv-lite';

const ASCII = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index)).join('');

/**
 * What is wrong with the name of an encoding for file names; undefined when it can be used.
 * Commands are ASCII: an encoding that writes them otherwise (UTF-16, base64, CP864) would say something else.
 */
export function encodingProblem(name: string): string | undefined {
  if (!iconv.encodingExists(name)) return 'is not a known encoding';
  return iconv.encode(ASCII, name).equals(Buffer.from(ASCII, 'ascii'))
    ? undefined
    : 'does not write ASCII as it is, which a server needs';
}

import iconv from 'iconv-lite';
import { TransferError } from '#domain';

/** Text and the bytes a server keeps for it, strictly: nothing is replaced by something similar. */
export interface TextCoding {
  /** undefined when a character does not exist in the encoding. */
  encode(text: string): Buffer | undefined;
  /** undefined when the bytes mean nothing in the encoding, or would not be the same when sent back. */
  decode(bytes: Buffer): string | undefined;
}

const ASCII = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const utf8: TextCoding = {
  encode: (text) => (text.isWellFormed() ? Buffer.from(text, 'utf8') : undefined),
  decode: (bytes) => {
    try {
      return UTF8.decode(bytes);
    } catch {
      return undefined;
    }
  },
};

const latin1: TextCoding = {
  encode: (text) => {
    const bytes = Buffer.from(text, 'latin1');
    return bytes.toString('latin1') === text ? bytes : undefined;
  },
  decode: (bytes) => bytes.toString('latin1'),
};

/**
 * What is wrong with the name of an encoding; undefined when names on a server can have it. Commands, `/` and the
 * columns of listings are ASCII, and CR and LF end them: so an encoding that writes ASCII otherwise (UTF-16, UTF-7,
 * base64, EBCDIC, VISCII) cannot be one.
 */
export function encodingProblem(name: string): string | undefined {
  if (nativeCoding(name)) return undefined;
  if (!iconv.encodingExists(name)) return 'is not a known encoding';
  const bytes = Buffer.from(ASCII, 'latin1');
  return iconv.encode(ASCII, name).equals(bytes) && iconv.decode(bytes, name) === ASCII
    ? undefined
    : 'does not write ASCII as it is, which a server needs';
}

/**
 * By name: `utf8`, `latin1`, or any that iconv-lite knows (`cp1252`, `cp437`, `shift_jis`, ...). Throws TransferError
 * `invalid_configuration` for any other.
 */
export function textCoding(name: string): TextCoding {
  const native = nativeCoding(name);
  if (native) return native;
  const problem = encodingProblem(name);
  if (problem !== undefined)
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail: `encoding: ${name} ${problem}`,
    });
  return tableCoding(name);
}

function nativeCoding(name: string): TextCoding | undefined {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (plain === 'utf8') return utf8;
  return plain === 'latin1' || plain === 'iso88591' ? latin1 : undefined;
}

/** The library writes `?` or U+FFFD for what it does not know; only the way back shows that. */
function tableCoding(name: string): TextCoding {
  const encode = (text: string) => iconv.encode(text, name, { addBOM: false });
  const decode = (bytes: Buffer) => iconv.decode(bytes, name, { stripBOM: false });
  return {
    encode: (text) => {
      const bytes = encode(text);
      return decode(bytes) === text ? bytes : undefined;
    },
    decode: (bytes) => {
      const text = decode(bytes);
      return encode(text).equals(bytes) ? text : undefined;
    },
  };
}

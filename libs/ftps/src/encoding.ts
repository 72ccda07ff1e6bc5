import iconv from 'iconv-lite';

/** Text and the bytes a server keeps for it, strictly: nothing is replaced by something similar. */
export interface TextCoding {
  /** undefined when a character does not exist in the encoding. */
  encode(text: string): Buffer | undefined;
  /** undefined when the bytes mean nothing in the encoding. */
  decode(bytes: Buffer): string | undefined;
}

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

export function isKnownEncoding(name: string): boolean {
  return iconv.encodingExists(name);
}

/** By name: `utf8`, `latin1`, or any that iconv-lite knows (`cp1252`, `cp437`, `shift_jis`, ...). */
export function textCoding(name: string): TextCoding {
  const canonical = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (canonical === 'utf8') return utf8;
  if (canonical === 'latin1' || canonical === 'iso88591') return latin1;
  return {
    encode: (text) => {
      const bytes = iconv.encode(text, name);
      return iconv.decode(bytes, name) === text ? bytes : undefined;
    },
    decode: (bytes) => {
      const text = iconv.decode(bytes, name);
      return iconv.encode(text, name).equals(bytes) ? text : undefined;
    },
  };
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;
/**
 * They make one name look like another: bidi controls, zero-width characters, soft hyphen, fillers, variation
 * selectors, tags, separators of lines and annotations.
 */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\ufff9-\ufffb]/u;
const MAX_NAME_BYTES = 255;

/** Why this is not one safe path segment, or null when it is. Spaces, `%`, quotes and a leading `-` are safe. */
export function refuseName(name: string): string | null {
  if (name === '') return 'empty name';
  if (name === '.' || name === '..') return 'names a directory above';
  if (name.includes('/') || name.includes('\\')) return 'path separator in the name';
  // `C:x` leads to another drive and `file:stream` to a hidden part of a file on Windows.
  if (name.includes(':')) return 'colon in the name';
  if (CONTROL.test(name)) return 'control character in the name';
  if (INVISIBLE.test(name)) return 'invisible or direction-changing character in the name';
  if (name.includes('\ufffd') || !name.isWellFormed())
    return 'name is not valid in the encoding of the endpoint';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'name longer than 255 bytes';
  return null;
}

/** The same failure from fewer bytes, as far as removing pieces gets until so many bytes have been tried. */
export function shrink(
  input: Buffer,
  stillFails: (shorter: Buffer) => boolean,
  mostBytesTried = 1_000_000,
): Buffer {
  let smallest = input;
  let tried = 0;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < smallest.length && tried < mostBytesTried; ) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)]);
      // An empty try counts too.
      tried += shorter.length + 1;
      if (stillFails(shorter)) smallest = shorter;
      else at += size;
    }
  }
  return smallest;
}

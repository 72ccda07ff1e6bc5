import type { Random } from './random.ts';

const TELLING_BYTES = [
  ...Buffer.from('\0\t\n\r "\'()*+,-./0159:;<=>?@AZ[\\]az|~\x7f\x80\x85\xa0\xc3\xff', 'latin1'),
];
const TELLING_NUMBERS = [
  ...['0', '00', '1', '-1', '7', '59', '60', '99', '127', '128', '255', '256', '999', '1023', '1024'],
  ...['65535', '65536', '99999', '2147483647', '2147483648', '4294967296', '9007199254740993'],
  ...['9223372036854775807', '9223372036854775808', '18446744073709551616', '99999999999999999999999'],
];
/** Around the limits that parsers have. */
const TELLING_LENGTHS = [8, 16, 255, 256, 257, 300, 1024, 2048, 8190, 8191, 8192, 8193, 8194];
const MOST_AT_ONCE = 6;

export interface Material {
  words: readonly string[];
  /** Other inputs, to take pieces from. */
  others: readonly Buffer[];
  maxBytes: number;
}

type Mutation = (input: Buffer, random: Random, material: Material) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  insertBytes,
  removeRange,
  repeatRange,
  insertWord,
  insertWord,
  overwriteWithWord,
  spliceOther,
  replaceNumber,
  swapLines,
];
/** Seldom: long inputs are slow ones. */
const LENGTHEN_ONE_IN = 40;

/** One to six changes to a copy, rather few than many: most changes spoil what others have reached. */
export function mutate(input: Buffer, random: Random, material: Material): Buffer {
  let changed = input;
  const times = 1 + random.below(1 + random.below(MOST_AT_ONCE));
  for (let time = 0; time < times; time += 1) changed = random.pick(MUTATIONS)(changed, random, material);
  if (random.below(LENGTHEN_ONE_IN) === 0) changed = padLine(changed, random);
  return changed.subarray(0, material.maxBytes);
}

function replace(input: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([input.subarray(0, from), by, input.subarray(to)]);
}

function rangeIn(input: Buffer, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1);
  return [from, Math.min(input.length, from + 1 + random.below(16))];
}

function flipBit(input: Buffer, random: Random): Buffer {
  if (input.length === 0) return input;
  const copy = Buffer.from(input);
  const at = random.below(copy.length);
  copy[at] = copy[at]! ^ (1 << random.below(8));
  return copy;
}

function setByte(input: Buffer, random: Random): Buffer {
  if (input.length === 0) return input;
  const copy = Buffer.from(input);
  copy[random.below(copy.length)] = tellingByte(random);
  return copy;
}

function insertBytes(input: Buffer, random: Random): Buffer {
  const at = random.below(input.length + 1);
  const bytes = Uint8Array.from({ length: 1 + random.below(4) }, () => tellingByte(random));
  return replace(input, at, at, bytes);
}

function tellingByte(random: Random): number {
  return random.below(2) === 0 ? random.below(256) : random.pick(TELLING_BYTES);
}

function removeRange(input: Buffer, random: Random): Buffer {
  return replace(input, ...rangeIn(input, random), Buffer.alloc(0));
}

function repeatRange(input: Buffer, random: Random): Buffer {
  if (input.includes(0x0a) && random.below(2) === 0) return repeatLine(input, random);
  const [from, to] = rangeIn(input, random);
  const at = random.below(input.length + 1);
  return replace(input, at, at, Buffer.from(input.subarray(from, to)));
}

/** Two lines that name the same, of which later changes make two truths. */
function repeatLine(input: Buffer, random: Random): Buffer {
  const at = random.below(input.length + 1);
  const begin = input.subarray(0, at).lastIndexOf(0x0a) + 1;
  const lineEnd = input.indexOf(0x0a, begin);
  const line = Buffer.from(input.subarray(begin, lineEnd === -1 ? input.length : lineEnd + 1));
  return replace(input, begin, begin, lineEnd === -1 ? Buffer.concat([line, Buffer.from('\r\n')]) : line);
}

function insertWord(input: Buffer, random: Random, { words }: Material): Buffer {
  const at = random.below(input.length + 1);
  return words.length === 0 ? input : replace(input, at, at, Buffer.from(random.pick(words)));
}

function overwriteWithWord(input: Buffer, random: Random, { words }: Material): Buffer {
  if (words.length === 0) return input;
  const word = Buffer.from(random.pick(words));
  const at = random.below(input.length + 1);
  return replace(input, at, at + word.length, word);
}

/** The beginning of this and the end of another. */
function spliceOther(input: Buffer, random: Random, { others }: Material): Buffer {
  if (others.length === 0) return input;
  const other = random.pick(others);
  return replace(
    input,
    random.below(input.length + 1),
    input.length,
    other.subarray(random.below(other.length + 1)),
  );
}

function replaceNumber(input: Buffer, random: Random): Buffer {
  const numbers = [...input.toString('latin1').matchAll(/\d+/g)];
  if (numbers.length === 0) return input;
  const { 0: text, index } = random.pick(numbers);
  return replace(input, index, index + text.length, Buffer.from(random.pick(TELLING_NUMBERS)));
}

function swapLines(input: Buffer, random: Random): Buffer {
  const lines = input.toString('latin1').split('\n');
  const [one, other] = [random.below(lines.length), random.below(lines.length)];
  [lines[one], lines[other]] = [lines[other]!, lines[one]!];
  return Buffer.from(lines.join('\n'), 'latin1');
}

/** A line of a telling length, by repeating one of its bytes. */
function padLine(input: Buffer, random: Random): Buffer {
  if (input.length === 0) return input;
  const at = random.below(input.length);
  const begin = input.lastIndexOf(0x0a, at) + 1;
  const lineEnd = input.indexOf(0x0a, at);
  const length = (lineEnd === -1 ? input.length : lineEnd) - begin;
  const missing = random.pick(TELLING_LENGTHS) - length;
  return missing > 0 ? replace(input, at, at, Buffer.alloc(missing, input[at]!)) : input;
}

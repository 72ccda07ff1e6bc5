import picomatch from 'picomatch';
import type { NameTest } from './match-names.ts';

// picomatch says what a glob means, and makes a backtracking expression of it: with nine `*` a name of 200 letters keeps a process busy for
// years, and partners choose the names. What could take long is matched here in time linear to the name, with the same answer (spec).
// Paths are those of listings: no part of them is empty, `.` or `..`.

/** So many steps of an expression are no time; a usual name needs some hundreds. */
const FEW_STEPS = 100_000;

/** Any of the globs. */
export function matchGlobs(globs: readonly string[]): NameTest {
  const tests = globs.map(matchGlob);
  return (path) => tests.some((test) => test(path));
}

function matchGlob(glob: string): NameTest {
  const quick = picomatch(glob, { dot: true });
  const linear = matchPlainGlob(glob);
  const stars = countStars(glob);
  return linear ? (path) => (path.length ** stars <= FEW_STEPS ? quick(path) : linear(path)) : quick;
}

function countStars(glob: string): number {
  return glob.match(/\*+/g)?.length ?? 0;
}

/** For patterns that come and go with every key that somebody presses. Ranges, negations and groups are matched by picomatch alone. */
export function globTakesLong(glob: string): boolean {
  return !matchPlainGlob(glob) && (countStars(glob) > 3 || /[+*?@!]\(/.test(glob));
}

/** Characters that mean themselves wherever they stand. */
const PLAIN = '[\\p{L}\\p{N}\\p{M} _.~@%=:;&#-]';
const PLAIN_GLOB = new RegExp(`^(?:${PLAIN}|[*?/])+$`, 'u');
const ALTERNATIVES = new RegExp(`\\{(${PLAIN}+(?:,${PLAIN}+)+)\\}`, 'u');
const MOST_ALTERNATIVES = 64;

/** Globs of `*`, `**`, `?` and plain alternatives, which are nearly all there are; undefined: it is another one. */
export function matchPlainGlob(glob: string): NameTest | undefined {
  const patterns = expand(glob)?.map(compile);
  if (!patterns?.every((pattern) => pattern !== undefined)) return undefined;
  return (path) => path === glob || patterns.some((pattern) => fits(pattern, path));
}

function expand(glob: string): string[] | undefined {
  const expanded = [glob];
  for (;;) {
    const index = expanded.findIndex((each) => each.includes('{'));
    if (index < 0) return expanded;
    const each = expanded[index]!;
    const found = ALTERNATIVES.exec(each);
    if (!found || expanded.length > MOST_ALTERNATIVES) return undefined;
    const [before, after] = [each.slice(0, found.index), each.slice(found.index + found[0].length)];
    // In front of these, and with a range inside, they mean more than what they say.
    if (/^[*?{.]/.test(after) || found[1]!.includes('..')) return undefined;
    expanded.splice(index, 1, ...found[1]!.split(',').map((one) => `${before}${one}${after}`));
  }
}

type Token =
  | { kind: 'letter'; letter: string }
  /** One character of a name, and any number of them. */
  | { kind: 'one' | 'star' }
  /** Any number of characters, folders too. */
  | { kind: 'deep' }
  /** The tokens up to `end` may be missing. */
  | { kind: 'maybe'; end: number };

const SLASH: Token = { kind: 'letter', letter: '/' };

function compile(glob: string): Token[] | undefined {
  if (!PLAIN_GLOB.test(glob)) return undefined;
  // `a.` has a dot, and nothing behind it: alone that is no `*.*`.
  const segments = glob.replace(/^(\*\*\/)?\*\.\*$/, '$1*.?*').split('/');
  const tokens: Token[] = [];
  for (const [index, segment] of segments.entries()) {
    const [before, after] = [segments[index - 1], segments[index + 1]];
    if (/^\.{0,2}$|^.+\*\*|\*\*.+$/.test(segment) || (segment === '**' && before === '**')) return undefined;
    if (segment !== '**') {
      tokens.push(...tokensOf(segment));
      const isBeforeEnd = after === '**' && index + 2 === segments.length;
      if (after !== undefined && !isBeforeEnd) tokens.push(SLASH);
    } else if (after !== undefined) {
      tokens.push({ kind: 'maybe', end: tokens.length + 3 }, { kind: 'deep' }, SLASH);
    } else {
      // `a/**` is `a` as well, `a*/**` is not.
      if (before !== undefined && !before.endsWith('*'))
        tokens.push({ kind: 'maybe', end: tokens.length + 3 });
      if (before !== undefined) tokens.push(SLASH);
      tokens.push({ kind: 'deep' });
    }
  }
  return tokens;
}

/** By the halves of characters that JavaScript counts, as expressions do. */
function tokensOf(segment: string): Token[] {
  return Array.from({ length: segment.length }, (_, at) => {
    const letter = segment[at]!;
    if (letter === '?') return { kind: 'one' };
    return letter === '*' ? { kind: 'star' } : { kind: 'letter', letter };
  });
}

/** Reads the path once, with all places in the pattern where one can be at each of its characters. */
function fits(pattern: readonly Token[], path: string): boolean {
  let here = new Uint8Array(pattern.length + 1);
  let next = new Uint8Array(pattern.length + 1);
  here[0] = 1;
  for (let at = 0; at <= path.length; at++) {
    const letter = path[at];
    next.fill(0);
    for (let place = 0; place < pattern.length; place++) {
      if (here[place] === 0) continue;
      const token = pattern[place]!;
      if (token.kind === 'maybe') here[token.end] = 1;
      // What may match nothing is passed over as well.
      if (token.kind === 'maybe' || token.kind === 'star' || token.kind === 'deep') here[place + 1] = 1;
      if (letter === undefined) continue;
      if (token.kind === 'deep' || (token.kind === 'star' && letter !== '/')) next[place] = 1;
      if (token.kind === 'letter' ? token.letter === letter : token.kind === 'one' && letter !== '/')
        next[place + 1] = 1;
    }
    if (letter !== undefined) [here, next] = [next, here];
  }
  return here[pattern.length] === 1;
}

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { packageRoot } from '#config';
import { readSource } from '../../support/read-imports.ts';

const DIST = join(packageRoot(), 'dist');

/** A file of what was built, by its path below `dist`. */
export interface BuiltFile {
  path: string;
  text: string;
}

/** Everything that is loaded, now or later, by a process that begins with this file. */
export function reachableFrom(entry: string): BuiltFile[] {
  const found = new Map<string, BuiltFile>();
  const left = [join(DIST, entry)];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    const path = relative(DIST, file);
    if (found.has(path)) continue;
    const text = readFileSync(file, 'utf8');
    found.set(path, { path, text });
    for (const { specifier } of readSource(text).imports) {
      const next = specifier === undefined ? undefined : resolve(file, specifier);
      if (next !== undefined) left.push(next);
    }
  }
  return [...found.values()].sort((one, other) => one.path.localeCompare(other.path));
}

function resolve(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return join(dirname(from), specifier);
  if (!specifier.startsWith('#')) return undefined;
  const room = specifier.startsWith('#apps/') ? specifier.slice(1) : `libs/${specifier.slice(1)}`;
  const file = join(DIST, room, 'src/index.js');
  if (!existsSync(file)) throw new Error(`${specifier} of ${from} is not where it was looked for: ${file}`);
  return file;
}

const MODULES: Readonly<Record<string, RegExp>> = {
  'starts programs': /^(node:)?(child_process|cluster)$/,
  'makes code of text': /^(node:)?(vm|repl|inspector(\/promises)?)$/,
  'runs other threads': /^(node:)?worker_threads$/,
  'calls into libraries of the machine': /^(koffi|ffi-napi|ref-napi)$/,
};

/** In code; what stands in quotes is looked at only where a template computes it. */
const WORDS: readonly [what: string, pattern: RegExp][] = [
  ['makes code of text', /\beval\s*\(|\bnew\s+(Async|Generator)?Function\b|(?<![.\w])Function\s*\(/],
  ['makes code of text', /\.constructor\s*\(\s*''|\bprocess\s*\.\s*(binding|dlopen|_linkedBinding)\b/],
  ['makes code of text', /\bset(Timeout|Interval|Immediate)\s*\(\s*''/],
  ['loads what it was not built with', /\bregisterHooks\b|\bmodule\s*\.\s*register\b|\bModule\s*\.\s*_/],
  ['says SQL that was put together', /\$(query|execute)RawUnsafe\b/],
];

/** What this text can do that a server should not: sentences, each once. */
export function powersOf(text: string): string[] {
  const { imports, code, strings } = readSource(text);
  const computed = strings.flatMap((string) =>
    [...string.matchAll(/\$\{([^}]*)\}/g)].map(([, inner]) => inner),
  );
  const all = [code, ...computed].join('\n');
  const powers = new Set<string>();
  for (const { specifier } of imports)
    for (const [what, pattern] of Object.entries(MODULES))
      if (specifier !== undefined && pattern.test(specifier)) powers.add(what);
  for (const [what, pattern] of WORDS) if (pattern.test(all)) powers.add(what);
  return [...powers].sort();
}

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Target } from './target.ts';

export const CORPUS = fileURLToPath(new URL('corpus', import.meta.url));
export const FINDINGS = fileURLToPath(new URL('findings', import.meta.url));

/** The inputs of a target's folder in the order of their names; its seeds where there are none. */
export function readCorpus({ name, seeds }: Target, corpus = CORPUS): Buffer[] {
  const folder = join(corpus, name);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  if (files.length === 0) return seeds.map((seed) => Buffer.from(seed));
  return files.map((file) => readFileSync(join(folder, file)));
}

export function replaceCorpus({ name }: Target, inputs: readonly Buffer[], corpus = CORPUS): void {
  rmSync(join(corpus, name), { recursive: true, force: true });
  for (const input of inputs) saveInput(corpus, name, input);
}

/** Named by its contents: the same input is one file. */
export function saveInput(folder: string, target: string, input: Buffer): string {
  mkdirSync(join(folder, target), { recursive: true });
  const file = join(folder, target, createHash('sha256').update(input).digest('hex').slice(0, 16));
  writeFileSync(file, input);
  return file;
}

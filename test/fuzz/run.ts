import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { BlockCoverage } from './block-coverage.ts';
import { CORPUS, FINDINGS, readCorpus, replaceCorpus, saveInput } from './folders.ts';
import { type Finding, Fuzzer, failureOf, isSlow } from './fuzzer.ts';
import { type FuzzOptions, readOptions, replayCommand, USAGE } from './options.ts';
import type { Target } from './target.ts';

// Before the parsers are loaded: what V8 has compiled by then is not measured.
const coverage = new BlockCoverage((url) => url.includes('/libs/ftps/src/'));
const { TARGETS } = await import('./targets/index.ts');

const HEX_BYTES = 512;

const options = readOptions(
  process.argv.slice(2),
  TARGETS.map(({ name }) => name),
);
const problem = typeof options === 'string' ? options : missingFile(options);
if (typeof options === 'string' || problem !== undefined) {
  console.error(`fuzz: ${problem}\n${USAGE}`);
  process.exitCode = 2;
} else {
  const targets = TARGETS.filter(({ name }) => options.target === undefined || options.target === name);
  const isFine =
    options.replay === undefined ? await fuzzAll(targets, options) : replay(options.replay, targets[0]!);
  process.exitCode = isFine ? 0 : 1;
}

function missingFile({ replay }: FuzzOptions): string | undefined {
  return replay === undefined || existsSync(replay) ? undefined : `no file ${replay}`;
}

async function fuzzAll(targets: readonly Target[], { seconds, seed, keep }: FuzzOptions): Promise<boolean> {
  const begun = performance.now();
  let [executions, findings] = [0, 0];
  console.log(`seed ${seed}; characters of source reached by the corpus -> at the end`);
  for (const [index, target] of targets.entries()) {
    const untilMs = begun + ((index + 1) * seconds * 1000) / targets.length;
    const corpus = readCorpus(target);
    const fuzzer = new Fuzzer(target, coverage, seed);
    const result = await fuzzer.run(corpus, { untilMs });
    executions += result.executions;
    const { reachedBefore, reachedAfter, kept, finding } = result;
    console.log(
      `${target.name.padEnd(16)} ${String(result.executions).padStart(9)} executions  ` +
        `${reachedBefore} -> ${reachedAfter}  corpus ${corpus.length} + ${kept.length}`,
    );
    if (finding) findings += 1;
    if (finding) report(target, finding);
    else if (keep) replaceCorpus(target, fuzzer.smallestSet([...corpus, ...kept]));
  }
  const took = Math.round((performance.now() - begun) / 1000);
  console.log(`${executions} executions in ${took} s, ${findings} findings`);
  if (keep)
    console.log(`the corpus in ${relative('.', CORPUS)} is the smallest that reaches what was reached`);
  return findings === 0;
}

function report({ name }: Target, { input, error }: Finding): void {
  const file = relative('.', saveInput(FINDINGS, name, input));
  console.error(`FINDING in ${name}: ${error.stack ?? error.message}`);
  const rest = input.length > HEX_BYTES ? `… (all of it in ${file})` : '';
  console.error(`input, ${input.length} bytes in hex: ${input.toString('hex', 0, HEX_BYTES)}${rest}`);
  console.error(`again: ${replayCommand(file, name)}`);
}

function replay(file: string, target: Target): boolean {
  const input = readFileSync(file);
  const error = failureOf(target, input);
  const slow = error === undefined && isSlow(target, input);
  if (error) console.error(`FINDING in ${target.name}: ${error.stack ?? error.message}`);
  else console.log(slow ? `FINDING in ${target.name}: slow` : `${target.name}: no finding in ${file}`);
  return error === undefined && !slow;
}

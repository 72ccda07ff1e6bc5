import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { BlockCoverage } from './block-coverage.ts';
import { CORPUS, FINDINGS, readCorpus, replaceCorpus, saveInput } from './folders.ts';
import { type Finding, Fuzzer, failureOf, isSlow } from './fuzzer.ts';
import { type FuzzOptions, readOptions, replayCommand, USAGE } from './options.ts';
import type { Target } from './target.ts';

// Before the parsers are loaded: what V8 has compiled by then is not measured.
const coverage = new BlockCoverage((url) => url.includes('/libs/ftps/src/'));
const { TARGETS } = await import('./targets/index.ts');

const HEX_BYTES = 512;

/** What a thread is told, and what it answers. */
interface Share {
  name: string;
  seconds: number;
  seed: number;
  keep: boolean;
}
interface Outcome {
  executions: number;
  line: string;
  complaint: string | undefined;
}

if (isMainThread) await main();
else parentPort?.postMessage(await fuzzOne(workerData as Share));

async function main(): Promise<void> {
  const names = TARGETS.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  const problem = typeof options === 'string' ? options : missingFile(options);
  if (typeof options === 'string' || problem !== undefined) {
    console.error(`fuzz: ${problem}\n${USAGE}`);
    process.exitCode = 2;
    return;
  }
  const targets = TARGETS.filter(({ name }) => options.target === undefined || options.target === name);
  const isFine =
    options.replay === undefined ? await fuzzAll(targets, options) : replay(options.replay, targets[0]!);
  process.exitCode = isFine ? 0 : 1;
}

function missingFile({ replay }: FuzzOptions): string | undefined {
  return replay === undefined || existsSync(replay) ? undefined : `no file ${replay}`;
}

async function fuzzAll(targets: readonly Target[], options: FuzzOptions): Promise<boolean> {
  const { seconds, seed, keep } = options;
  const begun = performance.now();
  let [executions, findings] = [0, 0];
  console.log(`seed ${seed}; characters of source reached by the corpus -> at the end`);
  for (const [index, { name }] of targets.entries()) {
    const left = seconds - (performance.now() - begun) / 1000;
    const outcome = await inThread({ name, seconds: left / (targets.length - index), seed, keep });
    executions += outcome.executions;
    console.log(outcome.line);
    if (outcome.complaint === undefined) continue;
    findings += 1;
    console.error(outcome.complaint);
  }
  const took = Math.round((performance.now() - begun) / 1000);
  console.log(`${executions} executions in ${took} s, ${findings} findings`);
  if (keep)
    console.log(`the corpus in ${relative('.', CORPUS)} is the smallest that reaches what was reached`);
  return findings === 0;
}

/** V8 measures slower the longer it has measured: each target begins afresh. */
function inThread(share: Share): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: share });
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the thread of ${share.name} ended with ${code}`)));
  });
}

async function fuzzOne({ name, seconds, seed, keep }: Share): Promise<Outcome> {
  const untilMs = performance.now() + seconds * 1000;
  const target = TARGETS.find((each) => each.name === name)!;
  const corpus = readCorpus(target);
  const fuzzer = new Fuzzer(target, coverage, seed);
  const { executions, reachedBefore, reachedAfter, kept, finding } = await fuzzer.run(corpus, { untilMs });
  if (keep && !finding) replaceCorpus(target, fuzzer.smallestSet([...corpus, ...kept]));
  const line =
    `${name.padEnd(16)} ${String(executions).padStart(9)} executions  ` +
    `${reachedBefore} -> ${reachedAfter}  corpus ${corpus.length} + ${kept.length}`;
  return { executions, line, complaint: finding && complaintOf(target, finding) };
}

function complaintOf({ name }: Target, { input, error }: Finding): string {
  const file = relative('.', saveInput(FINDINGS, name, input));
  const rest = input.length > HEX_BYTES ? `… (all of it in ${file})` : '';
  return [
    `FINDING in ${name}: ${error.stack ?? error.message}`,
    `input, ${input.length} bytes in hex: ${input.toString('hex', 0, HEX_BYTES)}${rest}`,
    `again: ${replayCommand(file)}`,
  ].join('\n');
}

function replay(file: string, target: Target): boolean {
  const input = readFileSync(file);
  const error = failureOf(target, input);
  const slow = error === undefined && isSlow(target, input);
  if (error) console.error(`FINDING in ${target.name}: ${error.stack ?? error.message}`);
  else console.log(slow ? `FINDING in ${target.name}: slow` : `${target.name}: no finding in ${file}`);
  return error === undefined && !slow;
}

import { readFileSync } from 'node:fs';

/** `node bench/top-functions.ts FILE.cpuprofile`: where our side's processor time went, functions first, files below. */

interface Node {
  id: number;
  callFrame: { functionName: string; url: string; lineNumber: number };
}

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('which profile? npm run bench -- --profile writes them');
const profile: { nodes: Node[]; samples: number[]; timeDeltas: number[] } = JSON.parse(
  readFileSync(path, 'utf8'),
);
const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
const functions = new Map<string, number>();
const files = new Map<string, number>();
let total = 0;
for (const [index, id] of profile.samples.entries()) {
  const { functionName, url, lineNumber } = nodes.get(id)!.callFrame;
  const file = url.replace(/^file:\/\/.*?\/(?=dist\/|bench\/|node_modules\/)/, '');
  const spent = profile.timeDeltas[index]! / 1000;
  if (functionName !== '(idle)') total += spent;
  add(functions, `${functionName || '(anonymous)'} ${file}${file ? `:${lineNumber + 1}` : ''}`, spent);
  add(files, file || functionName, spent);
}
for (const ranking of [functions, files]) {
  const highest = [...ranking].sort(([, a], [, b]) => b - a).slice(0, 25);
  for (const [name, spent] of highest)
    console.log(
      `${spent.toFixed(0).padStart(7)} ms  ${((spent / total) * 100).toFixed(1).padStart(5)} %  ${name}`,
    );
  console.log('');
}

function add(ranking: Map<string, number>, name: string, spent: number): void {
  ranking.set(name, (ranking.get(name) ?? 0) + spent);
}

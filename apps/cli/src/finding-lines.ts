import { stringify } from 'yaml';
import type { Finding, FindingOutcome, SettingValue } from '#domain';

const MARKS: Record<FindingOutcome, string> = { ok: '✓', note: '·', warning: '!', failed: '✗' };
/** As wide as the longest step, `session_reuse`. */
const STEP_WIDTH = 13;
const INDENT = 2 + 2 + STEP_WIDTH + 2;
const NARROWEST = 30;

/** `  ✓ dns            ftp.acme.example is 203.0.113.7.`, further lines under the sentence. */
export function findingLines({ step, outcome, says }: Finding, columns: number): string[] {
  const head = `  ${MARKS[outcome]} ${step.replaceAll('_', ' ').padEnd(STEP_WIDTH)}  `;
  const [first = '', ...rest] = wrap(says, Math.max(NARROWEST, columns - INDENT));
  return [`${head}${first}`, ...rest.map((line) => `${' '.repeat(INDENT)}${line}`)];
}

/** Breaks at spaces; a word longer than the line keeps a line of its own, so that it can be copied. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** What all findings together want to be set, as it stands in a configuration file; empty when nothing is. */
export function settingLines(endpoint: string, findings: readonly Finding[]): string[] {
  const settings = Object.assign({}, ...findings.map(({ set }) => set ?? {})) as Record<string, SettingValue>;
  if (Object.keys(settings).length === 0) return [];
  const tree = { endpoints: [{ name: endpoint, ...nested(settings) }] };
  return stringify(tree, { lineWidth: 0 }).trimEnd().split('\n');
}

/** Taken over unseen, these would let somebody else pass for the partner, or a cut listing for a whole one. */
const TO_CONFIRM = ['tls.pins', 'tls.serverName', 'passive.advertisedNetworks', 'tls.closeNotify'];

/** Which of these settings a partner has to confirm first. */
export function settingsToConfirm(findings: readonly Finding[]): string[] {
  const paths = new Set(findings.flatMap(({ set }) => Object.keys(set ?? {})));
  return TO_CONFIRM.filter((path) => paths.has(path));
}

type Tree = { [key: string]: SettingValue | Tree };

/** `tls.pins` becomes `{ tls: { pins } }`. */
function nested(settings: Record<string, SettingValue>): Tree {
  const root: Tree = {};
  for (const [path, value] of Object.entries(settings)) {
    const keys = path.split('.');
    const last = keys.pop()!;
    let place = root;
    for (const key of keys) {
      const next = place[key];
      if (typeof next === 'object' && !Array.isArray(next)) place = next;
      else {
        const made: Tree = {};
        place[key] = made;
        place = made;
      }
    }
    place[last] = value;
  }
  return root;
}

/** `24 findings: 22 ok, 1 note, 1 failed (4.2 s)`. */
export function closingLine(endpoint: string, findings: readonly Finding[], tookMs: number): string {
  const counts = (['ok', 'note', 'warning', 'failed'] as const).flatMap((outcome) => {
    const number = findings.filter((finding) => finding.outcome === outcome).length;
    if (number === 0) return [];
    const plural = number > 1 && (outcome === 'note' || outcome === 'warning') ? 's' : '';
    return [`${number} ${outcome}${plural}`];
  });
  return `${endpoint}: ${counts.join(', ') || 'nothing found'} (${(tookMs / 1000).toFixed(1)} s)`;
}

import { type Client, collectPages, type PostureObject } from '#contract';
import { wrap } from '../finding-lines.ts';
import type { Terminal } from '../terminal.ts';

export interface PostureOptions {
  endpoint?: string;
  partner?: string;
  from?: string;
  to?: string;
  json?: boolean;
}

export async function showPosture(
  api: Client,
  terminal: Terminal,
  { endpoint, partner, from, to, json }: PostureOptions,
): Promise<void> {
  const found = await collectPages(api, 'listPosture', { query: { endpoint, partner, from, to } });
  if (json) return terminal.json(found);
  if (found.length === 0) terminal.note('no endpoints of partners');
  for (const each of found) for (const line of describePosture(each, terminal.columns)) terminal.line(line);
}

/** Pure: what is in use, until when the certificate is good, and what a stricter policy would break. */
export function describePosture(posture: PostureObject, columns: number): string[] {
  const { endpoint, partner, connections, versions, ciphers, certificates, stricter } = posture;
  const { total, refused, unprotected } = connections;
  const counts = [
    `${total} ${total === 1 ? 'connection' : 'connections'}`,
    ...(refused > 0 ? [`${refused} refused`] : []),
    ...(unprotected > 0 ? [`${unprotected} without TLS`] : []),
  ];
  const used = (what: readonly { connections: number }[], nameOf: (index: number) => string) =>
    what.map((each, index) => `${nameOf(index)} (${each.connections})`).join(', ');
  const effects = (wanted: string) => stricter.filter(({ effect }) => effect === wanted);
  const [shown] = certificates;
  return [
    `${endpoint}${partner === null ? '' : ` (${partner})`}: ${counts.join(', ')}`,
    ...(versions.length === 0
      ? []
      : [
          `  versions  ${used(versions, (index) => versions[index]!.version)}`,
          `  ciphers   ${used(ciphers, (index) => ciphers[index]!.cipher)}`,
        ]),
    ...(shown
      ? [`  certificate until ${shown.notAfter.slice(0, 10)}, ${daysLeft(shown.daysLeft)}: ${shown.subject}`]
      : []),
    ...effects('breaks').flatMap(({ policy, says }) =>
      indented(`${policy} would break it: ${says}`, columns),
    ),
    ...effects('unknown').flatMap(({ policy, says }) => indented(`${policy} is not known: ${says}`, columns)),
  ];
}

function daysLeft(days: number | null): string {
  if (days === null) return 'which is no date';
  return days < 0 ? 'expired' : `${days} ${days === 1 ? 'day' : 'days'} left`;
}

function indented(text: string, columns: number): string[] {
  return wrap(text, Math.max(40, columns - 4)).map((line, index) => `${index === 0 ? '  ' : '    '}${line}`);
}

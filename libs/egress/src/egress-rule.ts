import { ADDRESS_CLASSES, type AddressClass } from './address-class.ts';
import { readHost } from './host.ts';
import { type Network, readNetwork, writeNetwork } from './network.ts';

/** Both ends belong to it. */
export interface PortRange {
  first: number;
  last: number;
}

/** One item of an allow or deny list; without `ports` it means all of them. */
export type EgressRule = (
  | { kind: 'class'; addressClass: AddressClass }
  | { kind: 'network'; network: Network }
  /** `wildcard`: every name below this one, and not this one. */
  | { kind: 'name'; name: string; wildcard: boolean }
) & { ports?: PortRange };

/** What leaves when nobody has said anything: to partners, wherever they are; never to ourselves or the machine's neighbourhood. */
export const USUAL_RULES: readonly EgressRule[] = [
  { kind: 'class', addressClass: 'public' },
  { kind: 'class', addressClass: 'private' },
];

/**
 * `public`, `10.1.0.0/16`, `2001:db8::/32`, `10.1.2.3:21`, `[2001:db8::7]:990`, `ftp.partner.example:21-22`,
 * `*.partner.example`. What is wrong is said without the text itself.
 */
export function readRule(text: string): EgressRule | { problem: string } {
  const [place, portText] = splitPort(text);
  const ports = portText === undefined ? undefined : readPorts(portText);
  if (portText !== undefined && !ports)
    return { problem: 'has a port that is none (1 to 65535, or a range 21-22)' };
  const target = readPlace(place);
  return 'problem' in target || !ports ? target : { ...target, ports };
}

/** Two colons are an IPv6 address; with a port it stands in brackets. */
function splitPort(text: string): [place: string, ports: string | undefined] {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return [bracketed[1] ?? '', bracketed[2]];
  if (text.split(':').length > 2) return [text, undefined];
  const [place = '', ports] = text.split(':');
  return [place, ports];
}

function readPorts(text: string): PortRange | undefined {
  const [, from = '', to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return from !== '' && first >= 1 && last <= 65_535 && first <= last ? { first, last } : undefined;
}

function readPlace(text: string): EgressRule | { problem: string } {
  const addressClass = ADDRESS_CLASSES.find((name) => name === text);
  if (addressClass) return { kind: 'class', addressClass };
  if (/[/:]/.test(text) || /^[\d.]+$/.test(text)) {
    const network = readNetwork(text);
    return 'problem' in network ? network : { kind: 'network', network };
  }
  const wildcard = text.startsWith('*.');
  const host = readHost(wildcard ? text.slice(2) : text);
  if (host.kind !== 'name') return { problem: 'is not a network, a host name or a class' };
  // A class that is misspelt would be a name that nobody has, and deny nothing.
  if (!/\./.test(text))
    return {
      problem: `is not a class (${ADDRESS_CLASSES.join(', ')}); a name without a dot gets one behind it`,
    };
  return { kind: 'name', name: host.name, wildcard };
}

/** As `readRule` reads it. */
export function writeRule(rule: EgressRule): string {
  const place = writePlace(rule);
  if (!rule.ports) return place;
  const { first, last } = rule.ports;
  const ports = first === last ? `${first}` : `${first}-${last}`;
  return `${place.includes(':') ? `[${place}]` : place}:${ports}`;
}

function writePlace(rule: EgressRule): string {
  switch (rule.kind) {
    case 'class':
      return rule.addressClass;
    case 'network':
      return writeNetwork(rule.network);
    case 'name':
      return rule.wildcard ? `*.${rule.name}` : rule.name;
  }
}

export function namesHost(rule: EgressRule & { kind: 'name' }, name: string): boolean {
  return rule.wildcard ? name.endsWith(`.${rule.name}`) : name === rule.name;
}

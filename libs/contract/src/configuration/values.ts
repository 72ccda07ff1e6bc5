/** Each answers what is wrong with a value in the operator's words, or undefined. */
export type ValueRule = (value: string) => string | undefined;

export const pathProblem: ValueRule = (path) => {
  if (!path.startsWith('/')) return `\`${shown(path)}\` is not absolute: begin with /`;
  if (hasControlCharacter(path)) return 'line breaks and control characters are refused';
  if (path.split('/').some((part) => part === '..' || part === '.'))
    return '`.` and `..` are refused: write the path out';
  return path.length > 1 && /\/\/|\/$/.test(path) ? 'no empty parts and no / at the end' : undefined;
};

export const hostProblem: ValueRule = (host) => {
  if (host.includes('://')) return 'a host name or address, not a URL: the protocol stands in `protocol`';
  if (/^[0-9a-f:.]+$/i.test(host) && host.includes(':')) {
    return URL.canParse(`http://[${host}]`) ? undefined : 'not an IPv6 address; a port stands in `port`';
  }
  if (/^[\d.]+$/.test(host))
    return /^(\d{1,3})(\.\d{1,3}){3}$/.test(host) && host.split('.').every((part) => Number(part) < 256)
      ? undefined
      : 'not an IPv4 address';
  if (host.includes(':')) return 'the port stands in `port`, not in the host';
  const labels = host.replace(/\.$/, '').split('.');
  const fine = host.length <= 253 && labels.every((label) => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/i.test(label));
  return fine ? undefined : `\`${shown(host)}\` is not a host name`;
};

/** An address, not a name: nothing is looked up where this stands. */
export const addressProblem: ValueRule = (address) =>
  isAddress(address) ? undefined : `\`${shown(address)}\` is not an IP address`;

/** CIDR: `10.0.0.0/8`, `2001:db8::/32`. */
export const networkProblem: ValueRule = (network) => {
  const { address, bits } = /^(?<address>[^/]+)\/(?<bits>\d{1,3})$/.exec(network)?.groups ?? {};
  if (address === undefined || !isAddress(address))
    return `\`${shown(network)}\` is not a network such as 10.20.0.0/16`;
  const most = address.includes(':') ? 128 : 32;
  return Number(bits) <= most ? undefined : `a network of ${address} has at most ${most} bits`;
};

function isAddress(text: string): boolean {
  return /^[\d.]+$|:/.test(text) && hostProblem(text) === undefined;
}

/** Ports below 1024 belong to the system. */
const LOWEST_PORT = 1_024;

export const portRangeProblem: ValueRule = (range) =>
  readPortRange(range) === undefined
    ? `\`${shown(range)}\` is not a range of ports such as 50000-50100, from ${LOWEST_PORT} to 65535`
    : undefined;

export function readPortRange(range: string): { firstPort: number; lastPort: number } | undefined {
  const found = /^(\d{1,5})-(\d{1,5})$/.exec(range);
  if (!found) return undefined;
  const [firstPort, lastPort] = [Number(found[1]), Number(found[2])];
  const fine = firstPort >= LOWEST_PORT && firstPort <= lastPort && lastPort <= 65_535;
  return fine ? { firstPort, lastPort } : undefined;
}

/** What a misspelt encoding was most likely meant to be; far more are known. */
export const COMMON_ENCODINGS: readonly string[] = [
  ...[
    'utf8',
    'latin1',
    'ascii',
    'iso-8859-1',
    'iso-8859-2',
    'iso-8859-5',
    'iso-8859-7',
    'iso-8859-9',
    'iso-8859-15',
  ],
  ...['cp437', 'cp850', 'cp852', 'cp858', 'cp866', 'cp932', 'cp936', 'cp949', 'cp950'],
  ...[
    'cp1250',
    'cp1251',
    'cp1252',
    'cp1253',
    'cp1254',
    'cp1257',
    'windows-1250',
    'windows-1251',
    'windows-1252',
  ],
  ...['macintosh', 'koi8-r', 'koi8-u', 'shift_jis', 'euc-jp', 'euc-kr', 'gbk', 'gb18030', 'big5'],
];

/** One spelling for the two that are treated apart from the tables. */
export function canonicalEncoding(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (plain === 'utf8') return 'utf8';
  return plain === 'latin1' || plain === 'iso88591' ? 'latin1' : name;
}

export const globProblem: ValueRule = (glob) => {
  if (glob === '') return 'an empty pattern selects nothing';
  if (hasControlCharacter(glob)) return 'line breaks and control characters are refused';
  if (glob.startsWith('/')) return 'a pattern is matched below `path` and does not begin with /';
  return glob.length > 500 ? 'at most 500 characters' : undefined;
};

/** Text of certificates; a private key pasted by mistake must not be stored or shown. */
export const certificateProblem: ValueRule = (pem) => {
  if (pem.includes('PRIVATE KEY')) return 'holds a private key; only certificates belong here';
  const begins = pem.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;
  const whole =
    pem.match(/-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\r\n]+-----END CERTIFICATE-----/g)?.length ?? 0;
  return begins > 0 && begins === whole ? undefined : 'holds no whole PEM certificate';
};

/** Intl knows the same IANA zones as the schedule's arithmetic. */
export function isTimeZone(name: string): boolean {
  // Offsets such as +01:00 are accepted by Intl, but they are no zones: they know no summer time.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

export function timeZones(): string[] {
  return [...Intl.supportedValuesOf('timeZone'), 'UTC'];
}

export function hasControlCharacter(value: string): boolean {
  return /[\0-\x1f\x7f]/.test(value);
}

/** What a message may repeat of a value: short, one line. */
export function shown(value: string): string {
  const plain = value.replace(/[\0-\x1f\x7f-\x9f]/g, '?');
  return plain.length > 60 ? `${plain.slice(0, 57)}...` : plain;
}

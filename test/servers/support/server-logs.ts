/** One TLS connection as the server itself logged it. */
export interface LoggedConnection {
  channel: 'control' | 'data';
  protocol: string;
  cipher: string;
}

export type ServerKind = 'vsftpd' | 'proftpd' | 'pure_ftpd';

/** Pure: the TLS connections in a server's log, in order. */
export function readConnections(kind: ServerKind, log: string): LoggedConnection[] {
  return READERS[kind](log);
}

const READERS: Readonly<Record<ServerKind, (log: string) => LoggedConnection[]>> = {
  vsftpd: readVsftpd,
  proftpd: readProftpd,
  pure_ftpd: readPureFtpd,
};

/**
 * vsftpd with debug_ssl writes one line a handshake:
 * `… Client "127.0.0.1", "Control connection uses TLSv1.3 …, SSL version: TLSv1.3, SSL cipher: …, not reused, no cert."`
 */
function readVsftpd(log: string): LoggedConnection[] {
  const connections: LoggedConnection[] = [];
  const controls = new Set<string>();
  for (const line of log.split('\n')) {
    const match = /\[pid (\d+)\].*SSL version: ([^,]+), SSL cipher: ([^,]+), (not )?reused/.exec(line);
    if (!match) continue;
    const [, pid = '', protocol = '', cipher = ''] = match;
    // Each client has a process of its own, and its first handshake is the control connection's.
    const channel = controls.has(pid) ? 'data' : 'control';
    controls.add(pid);
    connections.push({ channel, protocol: protocol.trim(), cipher: cipher.trim() });
  }
  return connections;
}

/** The suites that our client offers, by their number in the handshake. */
const SUITES: Readonly<Record<string, string>> = {
  '1301': 'TLS_AES_128_GCM_SHA256',
  '1302': 'TLS_AES_256_GCM_SHA384',
  '1303': 'TLS_CHACHA20_POLY1305_SHA256',
  c02b: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  c02c: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  c02f: 'ECDHE-RSA-AES128-GCM-SHA256',
  c030: 'ECDHE-RSA-AES256-GCM-SHA384',
  cca8: 'ECDHE-RSA-CHACHA20-POLY1305',
  cca9: 'ECDHE-ECDSA-CHACHA20-POLY1305',
};

/**
 * ProFTPD says `data connection accepted` once a session only; with `TLSOptions EnableDiags` it logs every handshake:
 * the ServerHello with the chosen suite, and the client's Finished, which comes once. Each client has its own process,
 * and its first handshake is the control connection's.
 */
function readProftpd(log: string): LoggedConnection[] {
  const connections: LoggedConnection[] = [];
  const suites = new Map<string, string>();
  const controls = new Set<string>();
  const events =
    /\[(\d+)\]: \[msg\] \nServerHello:(?:(?!\[msg\])[\s\S])*?cipher_suites \(2 bytes\)\n\s+\w+ \(0x([0-9a-f]{4})\)|\[(\d+)\]: \[msg\] received (TLSv[\d.]+) 'Finished'/g;
  for (const [, helloPid, suite, pid, protocol] of log.matchAll(events)) {
    if (helloPid !== undefined) suites.set(helloPid, SUITES[suite!] ?? `0x${suite}`);
    if (pid === undefined) continue;
    connections.push({
      channel: controls.has(pid) ? 'data' : 'control',
      protocol: protocol!,
      cipher: suites.get(pid) ?? 'unknown',
    });
    controls.add(pid);
  }
  return connections;
}

/**
 * Pure-FTPd: `… (?@host) [INFO] TLS: Enabled TLSv1.3 with TLS_AES_256_GCM_SHA384, …`: before the login it is the control
 * connection, after it (with the user's name) a data connection. Syslog datagrams stand one behind the other.
 */
function readPureFtpd(log: string): LoggedConnection[] {
  const connections: LoggedConnection[] = [];
  for (const line of log.split(/<\d+>/)) {
    const match = /\((\?|\w+)@[^)]*\) \[INFO\] TLS: Enabled (TLSv[\d.]+) with ([\w-]+)/.exec(line);
    if (match)
      connections.push({
        channel: match[1] === '?' ? 'control' : 'data',
        protocol: match[2]!,
        cipher: match[3]!,
      });
  }
  return connections;
}

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

/** ProFTPD: `… TLSv1.3 connection accepted, using cipher TLS_AES_256_GCM_SHA384 (256 bits)`, `… TLSv1.3 data connection accepted …`. */
function readProftpd(log: string): LoggedConnection[] {
  const connections: LoggedConnection[] = [];
  for (const line of log.split('\n')) {
    const match = /(TLSv[\d.]+) (data )?connection accepted, using cipher (\S+)/.exec(line);
    if (match)
      connections.push({ channel: match[2] ? 'data' : 'control', protocol: match[1]!, cipher: match[3]! });
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

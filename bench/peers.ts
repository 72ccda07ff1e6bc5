/** The command lines of the tools an operator would otherwise script. Passwords stand in files of mode 600, never in `ps`. */

/** What `writeSettings` of places.ts wrote for curl: authority, user, TLS 1.3, `--ssl-reqd`. */
const CURL = 'curl --config "$BENCH_CURL"';
const URL = 'ftp://$BENCH_HOST:$BENCH_PORT';

export function curlDownload(path: string, to: string): string {
  return `${CURL} --output ${to} "${URL}${path}"`;
}

export function curlUpload(from: string, path: string): string {
  return `${CURL} --upload-file ${from} "${URL}${path}"`;
}

export function lftp(commands: string): string {
  return `lftp -e "source $BENCH_LFTP; ${commands}; bye"`;
}

/** rclone 1.60 cannot reuse sessions: for servers that do not demand it. In several streams it fails on Pure-FTPd (1 GiB). */
export function rclone(command: string): string {
  return `rclone --config "$BENCH_RCLONE" --multi-thread-streams 0 ${command}`;
}

export function curlSettings(place: Place): string {
  return [
    'silent',
    'show-error',
    'ssl-reqd',
    'tlsv1.3',
    `cacert = "${place.caPath}"`,
    `user = "${place.username}:${place.password}"`,
  ].join('\n');
}

export function lftpSettings(place: Place): string {
  return [
    `set ssl:ca-file ${place.caPath}`,
    'set ssl:verify-certificate true',
    'set ssl:check-hostname true',
    'set ftp:ssl-force true',
    'set ftp:ssl-protect-data true',
    'set ftp:prefer-epsv true',
    'set xfer:clobber true',
    'set cmd:fail-exit true',
    // Its own waiting between attempts must not be what is measured.
    'set net:max-retries 2',
    'set net:reconnect-interval-base 1',
    `open -u ${place.username},${place.password} ftp://${place.host}:${place.port}`,
    '',
  ].join('\n');
}

export function rcloneSettings(place: Place, obscured: string): string {
  return [
    '[bench]',
    'type = ftp',
    `host = ${place.host}`,
    `port = ${place.port}`,
    `user = ${place.username}`,
    `pass = ${obscured}`,
    'explicit_tls = true',
    '',
  ].join('\n');
}

export interface Place {
  host: string;
  port: number;
  username: string;
  password: string;
  caPath: string;
}

import { join } from 'node:path';

/** One line of the table: the same work by our engine and by its peers. */
export interface Row {
  name: string;
  work: string;
  server: 'from_memory' | 'to_disk' | 'no_reuse';
  /** Through the delaying proxy. */
  distant?: true;
  ours: string;
  peers: Array<{ name: string; script: string; mostRatio: number }>;
  /** Cleared before every run. */
  target: string;
  files: number;
}

export interface Sizes {
  largeMebibytes: number;
  manyFiles: number;
  distantFiles: number;
}

const NODE = 'node_modules/node/bin/node';
const SIDE = { ours: `${NODE} bench/sides/ours.ts`, basicFtp: `${NODE} bench/sides/basic-ftp.ts` };

const CURL = 'curl -sS --cacert "$BENCH_CA" -u "$BENCH_USER:$BENCH_PASSWORD" --ssl-reqd --tlsv1.3';
const CURL_URL = 'ftp://$BENCH_HOST:$BENCH_PORT';

function lftp(commands: string): string {
  const settings = [
    'set ssl:ca-file $BENCH_CA',
    'set ssl:verify-certificate true',
    'set ftp:ssl-force true',
    'set ftp:ssl-protect-data true',
    'set ftp:prefer-epsv true',
    'set xfer:clobber true',
    'set cmd:fail-exit true',
    // Its own waiting between attempts must not be what is measured.
    'set net:max-retries 2',
    'set net:reconnect-interval-base 1',
  ];
  return `lftp -u "$BENCH_USER,$BENCH_PASSWORD" "ftp://$BENCH_HOST:$BENCH_PORT" -e "${[...settings, commands, 'bye'].join('; ')}"`;
}

function rclone(command: string): string {
  return [
    'RCLONE_CONFIG_B_TYPE=ftp RCLONE_CONFIG_B_HOST=$BENCH_HOST RCLONE_CONFIG_B_PORT=$BENCH_PORT',
    'RCLONE_CONFIG_B_USER=$BENCH_USER RCLONE_CONFIG_B_PASS=$(rclone obscure "$BENCH_PASSWORD")',
    `RCLONE_CONFIG_B_EXPLICIT_TLS=true SSL_CERT_FILE=$BENCH_CA rclone --config /dev/null ${command}`,
  ].join(' ');
}

/** `folder` is on a disk; `memory` in memory. */
export function rowsFor(folder: string, memory: string, sizes: Sizes): Row[] {
  const target = join(folder, 'target');
  const large = join(target, 'large');
  const source = join(memory, 'source');
  const flushed = `sync ${large} && sha256sum ${large}`;
  const flushAll = `sync -f ${target}`;
  const hashAll = `cat ${target}/* | sha256sum`;
  const checkCount = (files: number) => `test $(ls ${target} | wc -l) = ${files}`;
  return [
    {
      name: 'download',
      work: `${sizes.largeMebibytes} MiB down, on disk and flushed, SHA-256 known`,
      server: 'from_memory',
      target,
      files: 1,
      ours: `${SIDE.ours} download /out/large ${large}`,
      peers: [
        {
          name: 'curl + sha256sum',
          mostRatio: 1,
          script: `${CURL} -o ${large} "${CURL_URL}/out/large" && ${flushed}`,
        },
        {
          name: 'lftp + sha256sum',
          mostRatio: 0.8,
          script: `${lftp(`get /out/large -o ${large}`)} && ${flushed}`,
        },
        {
          name: 'basic-ftp with hash',
          mostRatio: 0.8,
          script: `${SIDE.basicFtp} download /out/large ${large} && sync ${large}`,
        },
      ],
    },
    {
      name: 'download_without_reuse',
      work: `the same from Pure-FTPd, which demands no session reuse (rclone has none)`,
      server: 'no_reuse',
      target,
      files: 1,
      ours: `BENCH_REUSE=off ${SIDE.ours} download /out/large ${large}`,
      peers: [
        {
          name: 'rclone + sha256sum',
          mostRatio: 1,
          script: `${rclone(`copyto B:out/large ${large}`)} && ${flushed}`,
        },
      ],
    },
    {
      name: 'upload',
      work: `${sizes.largeMebibytes} MiB up, SHA-256 known`,
      server: 'to_disk',
      target,
      files: 0,
      ours: `${SIDE.ours} upload ${source} /in/ours`,
      peers: [
        {
          name: 'curl + sha256sum',
          mostRatio: 1,
          script: `${CURL} -T ${source} "${CURL_URL}/in/curl" && sha256sum ${source}`,
        },
        {
          name: 'lftp + sha256sum',
          mostRatio: 1,
          script: `${lftp(`put ${source} -o /in/lftp`)} && sha256sum ${source}`,
        },
        { name: 'basic-ftp with hash', mostRatio: 1, script: `${SIDE.basicFtp} upload ${source} /in/basic` },
      ],
    },
    {
      name: 'many',
      work: `${sizes.manyFiles} x 10 KiB down, 8 sessions`,
      server: 'from_memory',
      target,
      files: sizes.manyFiles,
      ours: `${SIDE.ours} mirror /many ${target} 8 && ${flushAll}`,
      peers: [
        {
          name: 'lftp mirror --parallel=8',
          mostRatio: 0.4,
          script: `${lftp(`mirror --parallel=8 /many ${target}`)} && ${checkCount(sizes.manyFiles)} && ${hashAll} && ${flushAll}`,
        },
        {
          name: 'basic-ftp, 8 clients',
          mostRatio: 0.9,
          script: `${SIDE.basicFtp} mirror /many ${target} 8 && ${flushAll}`,
        },
      ],
    },
    {
      name: 'distant',
      work: `${sizes.distantFiles} x 10 KiB down, 4 sessions, 50 ms round trip`,
      server: 'from_memory',
      distant: true,
      target,
      files: sizes.distantFiles,
      ours: `${SIDE.ours} mirror /few ${target} 4 && ${flushAll}`,
      peers: [
        {
          name: 'lftp mirror --parallel=4',
          mostRatio: 0.4,
          script: `${lftp(`mirror --parallel=4 /few ${target}`)} && ${checkCount(sizes.distantFiles)} && ${hashAll} && ${flushAll}`,
        },
        {
          name: 'basic-ftp, 4 clients',
          mostRatio: 0.65,
          script: `${SIDE.basicFtp} mirror /few ${target} 4 && ${flushAll}`,
        },
      ],
    },
  ];
}

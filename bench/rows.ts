import { join } from 'node:path';
import { curlDownload, curlUpload, lftp, rclone } from './peers.ts';
import type { ServerKind } from './servers.ts';

export interface Peer {
  name: string;
  script: string;
  /** The most that ours divided by theirs may be. */
  mostRatio: number;
}

/** One line of the table: the same work by our engine and by its peers. */
export interface Row {
  name: string;
  work: string;
  server: ServerKind;
  /** Through the delaying proxy. */
  distant?: true;
  ours: string;
  peers: Peer[];
  /** What has to be in the target folder, or on the server, afterwards: the files of this folder of the server. */
  arrives: 'out' | 'many' | 'few' | 'source';
  /** With one session, a folder of the server: what the proxy counts round trips of. */
  oneSession?: Array<{ name: string; script: (folder: string) => string }>;
}

export interface Sizes {
  largeMebibytes: number;
  manyFiles: number;
  distantFiles: number;
}

export const ROW_NAMES = [
  'download',
  'download_without_reuse',
  'upload',
  'many',
  'distant',
  'memory',
] as const;

/** Ours is the disk, the server's the memory. `target` is emptied before every run; `source` is the file to be uploaded. */
export function rowsFor({
  target,
  source,
  sizes,
  nodeFlags,
}: {
  target: string;
  source: string;
  sizes: Sizes;
  /** For our side alone. */
  nodeFlags: string;
}): Row[] {
  const node = 'node_modules/node/bin/node';
  const ours = (work: string) => `${node} ${nodeFlags} bench/sides/ours.ts ${work}`;
  const basicFtp = (work: string) => `${node} bench/sides/basic-ftp.ts ${work}`;
  const large = join(target, 'large');
  // fsync of the written files alone: `sync -f` would wait for everybody else on this disk.
  const hashAndFlush = `cd ${target} && sha256sum -- * && sync -- *`;
  const lftpMirror = (folder: string, parallel: number) =>
    `${lftp(`mirror --parallel=${parallel} ${folder} ${target}`)} && ${hashAndFlush}`;
  return [
    {
      name: 'download',
      work: `${sizes.largeMebibytes} MiB down, on disk and flushed, SHA-256 known`,
      server: 'in_memory',
      arrives: 'out',
      ours: ours(`download /out large ${target}`),
      peers: [
        {
          name: 'curl + sha256sum',
          mostRatio: 1,
          script: `${curlDownload('/out/large', large)} && ${hashAndFlush}`,
        },
        {
          name: 'lftp + sha256sum',
          mostRatio: 0.8,
          script: `${lftp(`get /out/large -o ${large}`)} && ${hashAndFlush}`,
        },
        { name: 'basic-ftp with hash', mostRatio: 0.8, script: basicFtp(`download /out large ${target}`) },
      ],
    },
    {
      name: 'download_without_reuse',
      work: 'the same from Pure-FTPd, which demands no session reuse: rclone 1.60 has none',
      server: 'no_reuse',
      arrives: 'out',
      ours: `BENCH_SERVER=no_reuse ${ours(`download /out large ${target}`)}`,
      peers: [
        {
          name: 'rclone + sha256sum',
          mostRatio: 1,
          script: `${rclone(`copyto bench:out/large ${large}`)} && ${hashAndFlush}`,
        },
      ],
    },
    {
      name: 'upload',
      work: `${sizes.largeMebibytes} MiB up, SHA-256 known`,
      server: 'in_memory',
      arrives: 'source',
      ours: ours(`upload ${source} /in`),
      peers: [
        {
          name: 'curl + sha256sum',
          mostRatio: 1,
          script: `${curlUpload(source, '/in/source')} && sha256sum ${source}`,
        },
        {
          name: 'lftp + sha256sum',
          mostRatio: 1,
          script: `${lftp(`put ${source} -o /in/source`)} && sha256sum ${source}`,
        },
        { name: 'basic-ftp with hash', mostRatio: 1, script: basicFtp(`upload ${source} /in`) },
      ],
    },
    {
      name: 'many',
      work: `${sizes.manyFiles} x 10 KiB down, 8 sessions, engine alone`,
      server: 'in_memory',
      arrives: 'many',
      ours: ours(`mirror /many ${target} 8`),
      peers: [
        { name: 'lftp mirror --parallel=8', mostRatio: 0.4, script: lftpMirror('/many', 8) },
        {
          name: 'basic-ftp, 8 clients',
          mostRatio: 0.9,
          script: basicFtp(`mirror /many ${target} 8`),
        },
      ],
    },
    {
      name: 'distant',
      work: `${sizes.distantFiles} x 10 KiB down, 4 sessions, 50 ms round trip`,
      server: 'in_memory',
      distant: true,
      arrives: 'few',
      ours: ours(`mirror /few ${target} 4`),
      peers: [
        { name: 'lftp mirror --parallel=4', mostRatio: 0.4, script: lftpMirror('/few', 4) },
        {
          name: 'basic-ftp, 4 clients',
          mostRatio: 0.65,
          script: basicFtp(`mirror /few ${target} 4`),
        },
      ],
      oneSession: [
        { name: 'ours', script: (folder) => ours(`mirror ${folder} ${target} 1`) },
        { name: 'lftp', script: (folder) => lftpMirror(folder, 1) },
        { name: 'basic-ftp', script: (folder) => basicFtp(`mirror ${folder} ${target} 1`) },
      ],
    },
  ];
}

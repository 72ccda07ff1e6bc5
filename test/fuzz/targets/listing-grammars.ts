import type { Dialect } from '../../../libs/ftps/src/listing/dialects.ts';

interface Grammar {
  seeds: readonly string[];
  words: readonly string[];
}

/** What every listing may have, and what no name may. */
export const LISTING_WORDS = [
  ...['\r\n', '\n', '\r', ' ', '  ', '\t', '.', '..', '/', '../', '\\', ':', '\0', '\u202e', '\u200b', 'ü'],
  ...['Nov 21 06:06', '2026', '12', '0', '-1', ' -> ', '-rw-r--r-- 1 a b '],
];

/** Rows as servers write them, and the words they are made of. A dialect without a grammar starts from nothing. */
export const GRAMMARS: Partial<Record<Dialect, Grammar>> = {
  mlsd: {
    seeds: [
      'type=file;size=12;modify=20261121060607; a b.csv\r\ntype=dir;modify=20261121060607.5; sub\r\n',
      'type=cdir; .\r\ntype=pdir; ..\r\nType=OS.unix=slink:/x;Size=1; link\r\n bare\r\n',
    ],
    words: [
      'type=',
      'file;',
      'dir;',
      'cdir;',
      'pdir;',
      'size=',
      'modify=',
      '20261121060607',
      ';',
      '; ',
      '=',
      'UNIX.mode=0644;',
    ],
  },
  unix: {
    seeds: [
      'total 8\r\n-rw-r--r--   1 ftp ftp   1234 Nov 21 06:06 a b.csv\r\ndrwxr-xr-x 2 ftp ftp 4096 Nov 21  2025 sub\r\n',
      'lrwxrwxrwx 1 a b 3 Nov 21 06:06 l -> /x\r\n-rw-rw-r--+ 1 domain users x 9 2026-11-21 06:06:07.123456789 +0100 iso\r\n',
      '12 4 -rw-r--r-- 1 a 21 Nov 06:06 x\nbrw-rw---- 1 root disk 8, 0 Nov 21 06:06 sda\n-rw-r--r-- 1 a b 5 11月 21日 06:06 日本\n',
      '-rw-r--r-- 1 may 5 Nov 21 06:06 x\n-rw-r--r-- 1 a b 5 Nov 21 06:06:07 2026 bsd\n-rw-r--r-- 1 a b 5 2026-11-21T06:06:07Z x\n',
    ],
    words: [
      'total 0',
      'drwxr-xr-x',
      'lrwxrwxrwx',
      '-rwsr-Sr-t',
      '+',
      '2026-11-21',
      ' +0100 ',
      '06:06:07',
      '.123456789',
      '21. Nov',
      'Mai',
      '11月',
      '8, 0',
    ],
  },
  dos: {
    seeds: [
      '11-21-26  06:06AM       <DIR>          sub dir\r\n11-21-26  06:06AM               1234 a b.csv\r\n',
      '2026/11/21 18:06 <JUNCTION> j [C:\\x]\r\n21.11.2026 18:06:07 12 x\r\n11-21-26 6:06 p.m. 3 y\r\n',
    ],
    words: ['<DIR>', '<JUNCTION>', '<SYMLINKD>', ' [C:\\x]', '11-21-26', '06:06AM', 'p.m.', 'PM', '18:06'],
  },
  netware: {
    seeds: [
      'total 0\r\nd [RWCEAFMS] admin            512 Nov 21 06:06    sub\r\n- [RWCEAFMS] admin           1234 Nov 21  2025    a b.csv\r\n',
    ],
    words: ['d [', '- [', 'RWCEAFMS', '] ', '[--------]', 'total 0'],
  },
  eplf: {
    seeds: [
      '+i8388621.48594,m825718503,r,s280,\ta b.csv\r\n+i8388621.50690,m824255907,/,\tsub\r\n+up644,r,\tx\r\n',
    ],
    words: ['+', 'i1.2,', 'm825718503,', 'r,', 's280,', '/,', 'up644,', ',\t', '\t'],
  },
  vms: {
    seeds: [
      'Directory DISK$A:[FTP.OUT]\r\n\r\nA.CSV;3   12/15   21-NOV-2026 06:06:07.12  [FTP]  (RWED,RWED,RE,)\r\nSUB.DIR;1  1  21-NOV-2026 06:06\r\n\r\nTotal of 2 files, 13 blocks.\r\n',
      'A_VERY_LONG_NAME_OF_A_FILE.CSV;12\r\n     5  21-NOV-2026 06:06:07  [A,B]  (RWED)\r\nB.X;1 %RMS-E-PRV, no\r\n%DIRECT-W-NOFILES, no files found\r\n000000.DIR;1 1 1-JAN-2000 00:00\r\nA.CSV;2 1 1-JAN-2000 00:00\r\n',
      'A.X;1 1 21-NOV-2026 06:06\r\nB.X;2\r\n',
    ],
    words: [
      'Directory X:[Y]',
      'Total of 2 files',
      'Grand ',
      ';1',
      ';2',
      '.DIR;1',
      '12/15',
      '21-NOV-2026',
      '06:06:07.12',
      ' [A,B]',
      ' (RWED)',
      '\r\n  ',
      '%RMS-E-PRV',
    ],
  },
  os400: {
    seeds: [
      'QSECOFR         8192 21/11/26 06:06:07 *DIR       sub/\r\nQSECOFR         1234 21/11/26 06:06:07 *STMF      a b.csv\r\n',
      'USER 4096 26.11.21 06.06.07 *FILE\r\nUSER                                *MEM       A.B\r\nUSER 1 21/11/26 06:06:07 *FILE X.SAVF\r\nUSER 1 21/11/26 06:06:07 *FILE X.FILE\r\n',
    ],
    words: [
      '*DIR ',
      '*STMF ',
      '*FILE ',
      '*MEM ',
      '*LIB ',
      '*DOC ',
      '*PGM ',
      '21/11/26',
      '06:06:07',
      '.FILE',
      '.SAVF',
      '/',
    ],
  },
  zos: {
    seeds: [
      'Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\nVOL001 3390   2026/11/20  1   15  FB      80 27920  PS  A.CSV\r\nVOL002 3390   2026/11/20  1   15  FB      80 27920  PO  LIB.X\r\nMigrated                                                OLD.X\r\nPseudo Directory SUB\r\nV00001 Tape T.X\r\n',
      ' Name     VV.MM   Created       Changed      Size  Init   Mod   Id\r\n MEMBER1   01.03 2026/09/12 2026/10/11 09:37    11    11     0 USER\r\n MEMBER2\r\n',
      'JOBNAME  JOBID    OWNER    STATUS CLASS\r\nUSERJ    JOB01906 USER     OUTPUT A        RC=0000 3 spool files\r\n--------\r\nID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT\r\n001 JES2     N/A      A JESMSGLG 1200\r\n3 spool files\r\n',
      'total 1\r\n-rw-r--r-- 1 A B 12 Nov 21 06:06 hfs\r\n',
      'Name Size TTR\r\nLOADMOD 000120 00\r\nUSERX JOB00001 ACTIVE\r\n',
    ],
    words: [
      'Volume ',
      'Dsname',
      'Name ',
      'VV.MM',
      'JOBNAME JOBID',
      'ID STEPNAME',
      ' PS ',
      ' PO ',
      ' VSAM ',
      'JOB01906 ',
      'OUTPUT',
      'ACTIVE',
      ' spool files',
      'Tape',
      '2026/10/11 09:37',
    ],
  },
};

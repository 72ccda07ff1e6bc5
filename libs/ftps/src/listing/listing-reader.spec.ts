import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolViolation } from '../protocol-violation.ts';
import { type Dialect, ListingReader } from './listing-reader.ts';

function list(text: string, dialect?: Dialect, encoding: 'utf8' | 'latin1' = 'utf8') {
  const reader = new ListingReader('/in', encoding, dialect);
  reader.push(Buffer.from(text, encoding));
  return reader.finish();
}

const MLSD = [
  'type=cdir;modify=20261121060000; .',
  'type=pdir;modify=20261121060000; ..',
  'Type=file;Size=12;Modify=20261121060000; a b.txt',
  'type=file;size=0;modify=20261121060000.123;unix.mode=0644;  lead.txt',
  'type=dir;modify=20261121060000; sub',
  'type=OS.unix=slink:/etc/passwd;size=3;modify=20261121060000; link',
  '',
].join('\r\n');

describe('MLSD', () => {
  test('states files, directories and the rest, and skips the directory itself', () => {
    const { entries, refused } = list(MLSD, 'mlsd');
    expect(refused).toEqual([]);
    expect(entries.map(({ name, kind, sizeBytes, modified }) => [name, kind, sizeBytes, modified])).toEqual([
      ['a b.txt', 'file', 12n, '20261121060000'],
      [' lead.txt', 'file', 0n, '20261121060000.123'],
      ['sub', 'directory', null, '20261121060000'],
      ['link', 'other', null, '20261121060000'],
    ]);
    expect(entries[0]!.path).toBe('/in/a b.txt');
  });

  test.each([
    ['type=file;size=-5; x', 'size'],
    ['type=file;size=12abc; x', 'size'],
    ['type=file;size=1;modify=garbage; x', 'time'],
    ['type=file;size=1;modify=20261321060000; x', 'time'],
    ['type=file;size=1;modify=20261132060000; x', 'time'],
    ['type=file;size=1;modify=20261121240000; x', 'time'],
    ['type=file;size=1;modify=20261121066000; x', 'time'],
    ['type=file;size=1;modify=20261121060061; x', 'time'],
    ['type=file;size=1;modify=20261121060000.; x', 'time'],
    ['type=file;size=1;size=2; x', 'facts'],
    ['nonsense', 'no name'],
    ['type=file;size=1; ../../etc/passwd', 'separator'],
    ['type=file;size=1; ..', 'above'],
    ['type=file;size=1; C:\\windows', 'separator'],
    ['type=file;size=1; file:stream', 'colon'],
    ['type=file;size=1; a\u0000b', 'control'],
    ['type=file;size=1; a\u001b[2Jb', 'control'],
    ['type=file;size=1; invoice\u202efdp.exe', 'invisible'],
    ['type=file;size=1; ze\u200bro', 'invisible'],
    ...[
      '\u00ad',
      '\u034f',
      '\u061c',
      '\u115f',
      '\u180e',
      '\u2029',
      '\u2060',
      '\u206a',
      '\u3164',
      '\ufe0f',
    ].map((character) => [`type=file;size=1; inv${character}oice`, 'invisible']),
    ...['\ufeff', '\ufffa', '\u{e0041}', '\u{e0100}'].map((character) => [
      `type=file;size=1; invoice${character}`,
      'invisible',
    ]),
    ['type=file;size=9223372036854775808; x', 'size'],
    ['type=file;size=0x10; x', 'size'],
    ['type=file;size=1e20; x', 'size'],
    ['type=file;size=\u0665; x', 'size'],
    ['type=file;size= 5; x', 'facts'],
    [`type=file;size=1; ${'x'.repeat(256)}`, '255'],
    ['type=file;size=1; ', 'empty'],
  ])('refuses the row %j and keeps the others', (row, reason) => {
    const { entries, refused } = list(
      `type=file;size=1; good\r\n${row}\r\ntype=file;size=2; better\r\n`,
      'mlsd',
    );
    expect(entries.map(({ name }) => name)).toEqual(['good', 'better']);
    expect(refused).toHaveLength(1);
    expect(refused[0]!.reason).toContain(reason);
    expect(refused[0]!.shown).not.toMatch(/[\u0000-\u001f]/);
  });

  test('refuses a name that is not valid UTF-8, and takes it where the endpoint says latin1', () => {
    const row = Buffer.from('type=file;size=1; caf\xe9\r\n', 'latin1');
    const utf8 = new ListingReader('/', 'utf8', 'mlsd');
    utf8.push(row);
    expect(utf8.finish().refused[0]!.reason).toContain('encoding');
    const latin1 = new ListingReader('/', 'latin1', 'mlsd');
    latin1.push(row);
    expect(latin1.finish().entries[0]).toMatchObject({ name: 'café', path: '/café' });
  });

  test.each([
    ['utf8', 'a\xc0\xafb'],
    ['cp1252', 'a\x81b'],
    ['shift_jis', 'cut\x82'],
    ['shift_jis', '\x95/b'],
    ['gb18030', 'a\x810/0'],
    ['big5', '\xa4'],
    ['euc-kr', 'a\xff'],
  ])('refuses a name that is none in %s, and keeps the rows around it', (encoding, name) => {
    const reader = new ListingReader('/', encoding, 'mlsd');
    for (const text of ['before', name, 'after'])
      reader.push(Buffer.from(`type=file;size=1; ${text}\r\n`, 'latin1'));
    const { entries, refused } = reader.finish();
    expect(entries.map((entry) => entry.name)).toEqual(['before', 'after']);
    expect(refused.map(({ reason }) => reason)).toEqual([
      'name is not valid in the encoding of the endpoint',
    ]);
  });

  test('believes neither of two rows that contradict each other', () => {
    const { entries, refused } = list(
      'type=file;size=1; x\ntype=file;size=2; x\ntype=file;size=3; x\n',
      'mlsd',
    );
    expect(entries).toEqual([]);
    expect(refused).toEqual([{ shown: 'x', reason: 'listed more than once with different facts' }]);
  });
});

describe('LIST', () => {
  test.each([
    ['-rw-r--r--    1 1000     1000        12345 Nov 21 06:06 a b.txt', 'a b.txt', 12345n, 'Nov 21 06:06'],
    ['-rw-r--r--    1 ftp      ftp             0 Jan  5  2025  lead', ' lead', 0n, 'Jan 5 2025'],
    ['-rw-r--r--+   1 Domain_Users 1234     77 Nov  1 6:06 -dash', '-dash', 77n, 'Nov 1 6:06'],
    ['-rwxr-xr-x 1 owner 5 Nov 21 06:06 100%"q".txt', '100%"q".txt', 5n, 'Nov 21 06:06'],
    ['-rw-r----- 1 a b 5 2026-11-21 06:06 iso.txt', 'iso.txt', 5n, '2026-11-21 06:06'],
    ['11-21-26  06:06AM                 4711 report 1.csv', 'report 1.csv', 4711n, '11-21-26 06:06AM'],
  ])('reads %s', (row, name, sizeBytes, modified) => {
    expect(list(`${row}\r\n`).entries).toEqual([
      { name, path: `/in/${name}`, kind: 'file', sizeBytes, modified },
    ]);
  });

  test('knows directories, links and devices from files', () => {
    const { entries, refused } = list(
      [
        'total 12',
        'drwxr-xr-x 2 0 0 4096 Nov 21 06:06 .',
        'drwxr-xr-x 2 0 0 4096 Nov 21 06:06 ..',
        'drwxr-xr-x 2 0 0 4096 Nov 21 06:06 sub',
        'lrwxrwxrwx 1 0 0 11 Nov 21 06:06 x.csv -> /etc/passwd',
        'crw-rw-rw- 1 0 0 1, 3 Nov 21 06:06 null',
        '-rw-r--r-- 1 0 0 5 Nov 21 06:06 ..',
      ].join('\n'),
    );
    expect(entries.map(({ name, kind }) => [name, kind])).toEqual([
      ['sub', 'directory'],
      ['x.csv', 'other'],
    ]);
    expect(refused.map(({ reason }) => reason)).toEqual(['a device', 'names a directory above']);
    expect(list('11-21-2026  06:06PM       <DIR>          sub dir\r\n').entries[0]).toMatchObject({
      name: 'sub dir',
      kind: 'directory',
    });
  });

  test('a hostile last row cannot change the dialect', () => {
    const { entries, refused } = list(
      '-rw-r--r-- 1 0 0 5 Nov 21 06:06 a\n11-21-26  06:06AM    99 a\n-rw-r--r-- 1 0 0 6 Nov 21 06:06 b\n',
    );
    expect(entries.map(({ name, sizeBytes }) => [name, sizeBytes])).toEqual([
      ['a', 5n],
      ['b', 6n],
    ]);
    expect(refused).toHaveLength(1);
  });
});

test('any chunking of a listing means the same', () => {
  const bytes = Buffer.from(`${MLSD}type=file;size=1; ünïcødé ✓.txt\r\ntype=file;size=1; no line end`);
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const reader = new ListingReader('/in', 'utf8', 'mlsd');
      let start = 0;
      for (const end of [...cuts.sort((a, b) => a - b), bytes.length]) {
        // The sender reuses its buffer.
        const chunk = Buffer.from(bytes.subarray(start, end));
        reader.push(chunk);
        chunk.fill(0);
        start = end;
      }
      expect(reader.finish()).toEqual(list(bytes.toString(), 'mlsd'));
    }),
  );
});

test('any bytes give a listing whose names are single safe segments', () => {
  const dialects = fc.constantFrom<Dialect | undefined>('mlsd', 'unix', 'dos', undefined);
  const rows = fc
    .string({ unit: 'binary' })
    .map((name) => `type=file;size=1; ${name}\n-rw-r--r-- 1 0 0 5 Nov 21 06:06 ${name}\n`);
  fc.assert(
    fc.property(dialects, fc.array(rows, { maxLength: 5 }), (dialect, texts) => {
      for (const { name, path } of list(texts.join(''), dialect).entries) {
        expect(name).not.toMatch(/[/\\\u0000-\u001f]|^\.{0,2}$/);
        expect(path).toBe(`/in/${name}`);
      }
    }),
  );
});

test('an endless row and an endless listing are cut', () => {
  const reader = new ListingReader('/', 'utf8', 'mlsd');
  expect(() => reader.push(Buffer.alloc(9000, 'a'))).toThrow(ProtocolViolation);
  const other = new ListingReader('/', 'utf8', 'mlsd');
  expect(() => {
    for (let count = 0; count < 40; count += 1) other.push(Buffer.alloc(1 << 20, 'x\n'));
  }).toThrow(ProtocolViolation);
});

test('a row of VMS does not go on behind a row that cannot be read', () => {
  const bytes = Buffer.from('V.TXT;2\n\x97\n 5 1-NOV-2026 6:07\n', 'latin1');
  const reader = new ListingReader('/', 'utf8', 'vms');
  reader.push(bytes);
  expect(reader.finish().entries).toEqual([]);
});

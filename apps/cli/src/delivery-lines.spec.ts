import { expect, test } from 'vitest';
import { type DeliveryReport, reportLines } from './delivery-lines.ts';
import { size, table } from './terminal.ts';

const delivered: DeliveryReport = {
  at: new Date(2026, 10, 21, 12, 0, 3),
  outcome: 'delivered',
  direction: 'pull',
  route: 'demo-pull',
  fileName: 'statement-1.csv',
  sizeBytes: 12_345,
  sha256: 'ab12cd34ef56ab12cd34ef56',
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', channel: 'data', resumed: true },
  error: undefined,
};

test('a delivery is one line with size, hash and the TLS that carried it', () => {
  expect(reportLines(delivered)).toEqual([
    '12:00:03  delivered   pull  demo-pull  statement-1.csv  12.3 KB  sha256 ab12cd34ef56…  ' +
      'TLSv1.3 TLS_AES_256_GCM_SHA384 (data resumed)',
  ]);
});

test('a delivery without TLS says so, and by which policy', () => {
  const [line] = reportLines({ ...delivered, tls: { unprotectedBy: 'plain_ftp' } });
  expect(line).toMatch(/ {2}NO TLS \(allowed by plain_ftp\)$/);
});

test('a failure carries its code and, on the next line, the sentence for the operator and what the peer said', () => {
  const failed: DeliveryReport = {
    ...delivered,
    outcome: 'failed',
    error: { code: 'auth_rejected', detail: '530 Login incorrect.' },
  };
  const [first, second] = reportLines(failed);
  expect(first).toMatch(/failed .*auth_rejected$/);
  expect(second).toMatch(/refused user name or password.*\[530 Login incorrect\.\]/);
});

test('a held file comes with the command that decides it', () => {
  const held: DeliveryReport = {
    ...delivered,
    outcome: 'held',
    error: { code: 'delivery_in_doubt' },
    heldTransferId: 't-1',
  };
  expect(reportLines(held)[2]).toBe(
    '          Decide it: waybill resolve t-1 --as delivered|resend|give_up --reason TEXT',
  );
});

test('names and replies of strangers cannot move the cursor or reverse the text', () => {
  const rows = [['a\u001b[2Jb\rc\u202ed'], ['x\ny']];
  expect(table(['name'], rows)).toEqual(['name', 'a\\u{1b}[2Jb\\u{d}c\\u{202e}d', 'x\\u{a}y']);
});

test('sizes read as people write them', () => {
  expect([0, 999, 1000, 12_345, 999_960, 300 * 1024 * 1024].map(size)).toEqual([
    '0 B',
    '999 B',
    '1.0 KB',
    '12.3 KB',
    '1.0 MB',
    '314.6 MB',
  ]);
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '#domain';

const ROOT = join(import.meta.dirname, '../..');
const refusals = 'test/e2e/refusals.spec.ts';
const outcomes = 'test/e2e/error-outcomes.spec.ts';
const routes = 'test/e2e/routes.spec.ts';
const hostile = (name: string) => `test/hostile/${name}.spec.ts`;
const OVER = 'over %s ends as %s, audited, with nothing in clear';

/**
 * Each code of the error table, and a test that reaches it: through the whole product wherever a run can end with it.
 * A new code does not compile without its row.
 */
const REACHED: Readonly<Record<ErrorCode, readonly [file: string, title: string]>> = {
  dns_not_found: [refusals, 'to a host name that does not exist ends as dns_not_found'],
  egress_refused: [refusals, 'to an address that the egress policy refuses ends as egress_refused'],
  connect_refused: [refusals, 'to a port where nobody listens ends as connect_refused'],
  connect_timeout: [
    'libs/ftps/src/connection.spec.ts',
    'a connection that is never made ends by its deadline',
  ],
  connection_lost: [hostile('content'), 'row 56: of a server that resets the empty connection is refused'],
  reply_timeout: [hostile('control-replies'), 'row 11: 120 and then nothing ends at the deadline'],
  protocol_violation: [refusals, OVER],
  tls_not_offered: [refusals, OVER],
  tls_handshake_failed: [
    hostile('tls-downgrades'),
    'row 31, ftps 4.13: a server that knows only %s is refused',
  ],
  tls_untrusted_certificate: [refusals, OVER],
  tls_certificate_expired: [refusals, OVER],
  tls_name_mismatch: [refusals, OVER],
  tls_pin_mismatch: [refusals, OVER],
  tls_client_certificate_refused: [
    hostile('tls-downgrades'),
    'ftps 4.13: a server on %s that demands one we do not have',
  ],
  tls_private_data_refused: [refusals, OVER],
  tls_data_channel_refused: [refusals, OVER],
  tls_session_not_reused: [hostile('data-ends'), 'row 23: is not resumed: a %s that requires it is refused'],
  tls_truncated: [hostile('data-ends'), 'row 24: a listing that ends by a bare FIN is truncated'],
  auth_rejected: [refusals, OVER],
  login_paused: [hostile('login-pause'), 'row 12: one refused login pauses the endpoint'],
  server_busy: [refusals, OVER],
  permission_denied: [refusals, 'no permission to write ends as permission_denied'],
  path_not_found: [refusals, 'a missing remote folder ends as path_not_found'],
  file_unavailable: [hostile('content'), 'row 56: of a server that says 550 at its end is refused'],
  remote_busy: [outcomes, 'whose file is in use ends the run as remote_busy'],
  disk_full: [refusals, 'a full disk at the partner ends as disk_full'],
  file_name_refused: [hostile('control-replies'), 'row 05, ftps 4.7: the path %j'],
  path_outside_root: [outcomes, 'a folder that leads out of the root ends the run as path_outside_root'],
  transfer_interrupted: [
    hostile('control-replies'),
    'an unasked-for %s in the middle of the data is no success',
  ],
  // The engine begins anew by itself, so no run ends with it.
  resume_refused: ['libs/ftps/src/odd-servers.spec.ts', '%s to REST means from the beginning'],
  size_mismatch: [refusals, 'a download %s is never delivered'],
  checksum_mismatch: [
    hostile('data-ends'),
    'row 17: with line ends changed on the way is refused by its hash',
  ],
  assurance_too_low: [routes, 'a minimum that nobody can reach leaves the source where it is'],
  source_changed: [routes, 'is taken as it is now by the next run'],
  source_gone: [hostile('listings'), 'row 54: gone between list and read ends as source_gone'],
  destination_exists: [refusals, 'an existing destination ends as destination_exists'],
  rename_failed: [outcomes, 'who will not rename ends the run as rename_failed'],
  delivery_in_doubt: ['libs/transfer/src/move-file.spec.ts', 'holds when the file is gone'],
  // What it says is said to a worker that nobody listens to any more.
  lease_lost: ['libs/audit/src/run-recorder.spec.ts', 'whose lease ran out changes nothing any more'],
  worker_lost: [
    'test/e2e/worker-killed.spec.ts',
    '%s: a worker killed in the middle of 300 MiB loses nothing',
  ],
  secret_unavailable: [outcomes, 'whose password is nowhere ends the run as secret_unavailable'],
  invalid_configuration: [routes, 'an expression of an older version that is none fails the run'],
  cancelled: ['test/e2e/holding-back.spec.ts', 'stops a file under way before its publish intent'],
  shutting_down: ['test/e2e/drain.spec.ts', 'what outlasts the grace period is handed back'],
  internal: [outcomes, 'a fault of our own ends the transfer as internal'],
};

describe('every code of the error table', () => {
  it('has its row here', () => {
    expect(Object.keys(REACHED).sort()).toEqual([...ERROR_CODES].sort());
  });

  it.each(ERROR_CODES)('%s is what a test finds, not only what one throws', (code) => {
    const [file, title] = REACHED[code];
    const test = findTest(readFileSync(join(ROOT, file), 'utf8'), title);
    expect(test, `${file} has no test "${title}"`).toBeDefined();
    const found = test!.split('\n').filter((line) => line.includes(`'${code}'`) && !throws(line));
    expect(found, `${code} is not asserted by "${title}" of ${file}`).not.toEqual([]);
    expect(test).toMatch(/\bexpect/);
  });
});

const throws = (line: string) => /new TransferError\(|^\s*(\/\/|\*)/.test(line);

/** The whole call, by the indentation that the formatter gives it, and the tables outside of it that it names. */
function findTest(text: string, title: string): string | undefined {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => /['"`]/.test(line) && line.includes(title));
  if (at < 0) return undefined;
  const first = lines.slice(0, at + 1).findLastIndex((line) => /^\s*(it|test)\b/.test(line));
  const indent = /^\s*/.exec(lines[first] ?? '')![0];
  const last = lines.findIndex(
    (line, index) => index >= at && new RegExp(`^${indent}\\S.*;$|^${indent}\\);$`).test(line),
  );
  const test = lines.slice(first, last + 1).join('\n');
  const tables = [...new Set(test.match(/\b[A-Z][A-Z_]{4,}\b/g))].map(
    (name) => new RegExp(`^const ${name}\\b[\\s\\S]*?^\\];$`, 'm').exec(text)?.[0] ?? '',
  );
  return [test, ...tables].join('\n');
}

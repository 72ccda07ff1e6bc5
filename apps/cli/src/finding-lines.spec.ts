import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Finding } from '#domain';
import { closingLine, findingLines, settingLines, settingsToConfirm, wrap } from './finding-lines.ts';

const finding = (changes: Partial<Finding> = {}): Finding => ({
  step: 'session_reuse',
  outcome: 'ok',
  says: 'Data connections resume the TLS session, and the server demands it.',
  ms: 12,
  ...changes,
});

describe('findingLines', () => {
  it('has mark, step and sentence, and goes on under the sentence', () => {
    expect(findingLines(finding(), 60)).toEqual([
      '  ✓ session reuse  Data connections resume the TLS session,',
      '                   and the server demands it.',
    ]);
  });

  it.each([
    ['note', '·'],
    ['warning', '!'],
    ['failed', '✗'],
  ] as const)('marks %s with %s', (outcome, mark) => {
    expect(findingLines(finding({ outcome, says: 'x' }), 80)).toEqual([`  ${mark} session reuse  x`]);
  });

  it('never breaks a word, so that a pin can be copied, and loses none', () => {
    const pin = `sha256/${'A'.repeat(43)}=`;
    const text = `Set ${pin} only if the partner confirms it.`;
    const lines = wrap(text, 30);
    expect(lines).toContain(pin);
    expect(lines.join(' ')).toBe(text);
  });
});

describe('settingLines', () => {
  it('is YAML that reads back as the settings of the endpoint, all findings together', () => {
    const lines = settingLines('acme-ftps', [
      finding({ set: { 'tls.sessionReuse': 'preferred', 'tls.pins': ['sha256/abc='] } }),
      finding(),
      finding({ set: { pipelining: true, 'passive.addressPolicy': 'control_host' } }),
    ]);
    expect(lines[0]).toBe('endpoints:');
    expect(parse(lines.join('\n'))).toEqual({
      endpoints: [
        {
          name: 'acme-ftps',
          tls: { sessionReuse: 'preferred', pins: ['sha256/abc='] },
          pipelining: true,
          passive: { addressPolicy: 'control_host' },
        },
      ],
    });
  });

  it('tells apart what the partner has to confirm first', () => {
    const some = [finding({ set: { pipelining: true, 'tls.serverName': 'b.example' } })];
    expect(settingsToConfirm(some)).toEqual(['tls.serverName']);
    expect(settingsToConfirm([finding({ set: { pipelining: true } })])).toEqual([]);
  });

  it('is nothing where nothing is to be set', () => {
    expect(settingLines('acme-ftps', [finding()])).toEqual([]);
  });
});

describe('closingLine', () => {
  it('counts by outcome', () => {
    const findings = [finding(), finding(), finding({ outcome: 'note' }), finding({ outcome: 'failed' })];
    expect(closingLine('acme', findings, 4_240)).toBe('acme: 2 ok, 1 note, 1 failed (4.2 s)');
    expect(closingLine('acme', [], 0)).toBe('acme: nothing found (0.0 s)');
  });
});

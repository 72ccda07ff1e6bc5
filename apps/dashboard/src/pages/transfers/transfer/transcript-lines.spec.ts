import { describe, expect, it } from 'vitest';
import { linesWith, partsOfLine, readTranscript } from './transcript-lines.ts';

const TEXT = [
  '2026-11-21T02:00:00.000Z < 220 ready',
  '2026-11-21T02:00:00.100Z > USER waybill',
  '2026-11-21T02:00:02.500Z > PASS ****',
  '* 12 lines left out',
  'something else',
  '2026-11-21T02:00:03.000Z * The file system made no hard link > here.',
].join('\n');

describe('a transcript', () => {
  it('is read line by line: moment, direction, text, and the time since the line before', () => {
    expect(readTranscript(TEXT).map(({ direction, text, afterMs }) => [direction, text, afterMs])).toEqual([
      ['received', '220 ready', undefined],
      ['sent', 'USER waybill', 100],
      ['sent', 'PASS ****', 2_400],
      ['note', '12 lines left out', undefined],
      ['note', 'something else', undefined],
      ['note', 'The file system made no hard link > here.', 500],
    ]);
  });

  it('has no line after its last end, and none where it is empty', () => {
    expect(readTranscript('> QUIT\n')).toHaveLength(1);
    expect(readTranscript('')).toEqual([]);
  });

  it('is searched without regard to capitals', () => {
    const lines = readTranscript(TEXT);
    expect(linesWith(lines, 'user')).toEqual([2]);
    expect(linesWith(lines, '')).toEqual([]);
  });
});

describe('a line', () => {
  it('shows what was found, each time, and what is masked', () => {
    expect(partsOfLine('PASS **** pass', 'pass').map(({ text, kind }) => `${kind} ${text}`)).toEqual([
      'found PASS',
      'plain  ',
      'masked ****',
      'plain  ',
      'found pass',
    ]);
  });

  it('stays whole where nothing is searched for', () => {
    expect(partsOfLine('220 ready', '')).toEqual([{ at: 0, text: '220 ready', kind: 'plain' }]);
  });

  it('is the same text again, whatever it holds', () => {
    for (const text of ['\u0130 \u0130**** x', '****', 'a****b****', '']) {
      const again = partsOfLine(text, 'x');
      expect(again.map((part) => part.text).join('')).toBe(text);
    }
  });
});

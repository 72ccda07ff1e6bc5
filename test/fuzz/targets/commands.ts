import { encodeCommand } from '../../../libs/ftps/src/command-line.ts';
import { textCoding } from '../../../libs/ftps/src/encoding.ts';
import { printable } from '../../../libs/ftps/src/printable.ts';
import { holds, type Target } from '../target.ts';
import { isShowable, isShown } from './text.ts';

const CODINGS = ['utf8', 'latin1', 'cp1252', 'cp437', 'shift_jis', 'gbk', 'euc-kr'].map(
  (name) => [name, textCoding(name)] as const,
);
const ODD = [
  '\r\n',
  '\n',
  '\0',
  '\u010a',
  '\u010d',
  '\u00ff',
  'é',
  '日本',
  '¥',
  '\\',
  '~',
  '\ufeff',
  '\u202e',
  '\u200b',
];

export const commands: Target = {
  name: 'encode-command',
  seeds: ['/out/a b.csv', 'Jürgen\u010a', 'a\r\nDELE b', '日本語', '\u00ff', '-a', ''],
  words: ['\r\nDELE x', '/', ' ', '-', ...ODD],
  run(input) {
    // Of the second reading lone surrogates come too.
    const texts = [input.toString('utf8'), input.toString('utf16le')];
    return texts.flatMap((text) =>
      CODINGS.map(([name, coding]) => `${name} ${judge(text, coding, encodeCommand('STOR', text, coding))}`),
    );
  },
};

function judge(
  text: string,
  coding: ReturnType<typeof textCoding>,
  line: ReturnType<typeof encodeCommand>,
): string {
  if (!line) {
    holds(!/^[ -~]*$/.test(text) || coding.encode(text) === undefined, 'plain ASCII cannot be sent');
    return 'refused';
  }
  const { bytes, shown } = line;
  const argument = bytes.subarray('STOR '.length, -2);
  holds(bytes.toString('latin1', 0, 5) === 'STOR ', 'another command');
  holds(bytes.at(-2) === 0x0d && bytes.at(-1) === 0x0a, 'no line end');
  holds(!argument.some((byte) => [0x00, 0x0a, 0x0d, 0xff].includes(byte)), 'a second line, NUL or IAC');
  holds(coding.decode(Buffer.from(argument)) === text, 'names another file');
  isShown(shown, 'the transcript');
  const pass = encodeCommand('PASS', text, coding);
  holds(pass?.shown === 'PASS ****', 'the password is shown');
  return 'sent';
}

export const shownText: Target = {
  name: 'printable',
  seeds: [
    'plain',
    'a\tb\u202ec',
    '\u0000\u009f\ufeff\ufffd',
    'x'.repeat(17),
    '😀😀😀😀😀😀😀😀😀',
    'a\u2066b',
  ],
  words: [...ODD, '\\x0a', '\u061c', '\u2028', '\u2067', '\u0085', '😀', '\u001b[31m'],
  run(input) {
    const outcomes = new Set<string>();
    for (const text of [input.toString('utf8'), input.toString('utf16le'), input.toString('latin1')])
      for (const most of [16, 1024]) outcomes.add(judgeShown(text, printable(text, most), most));
    return outcomes;
  },
};

export function judgeShown(text: string, shown: string, most: number): string {
  isShown(shown, 'printable text');
  holds(shown.length <= most + 1, `${shown.length} characters of at most ${most}`);
  holds(printable(shown, most) === shown, 'showing it again changes it');
  holds(!text.isWellFormed() || shown.isWellFormed(), 'half a character');
  if (isShowable(text) && !text.includes('\ufffd') && text.length <= most)
    holds(shown.length >= text.length, 'something is missing');
  return `${shown === text ? 'as it is' : 'escaped'}${shown.endsWith('…') ? ' and cut' : ''}`;
}

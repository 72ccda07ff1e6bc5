import { expect, it } from 'vitest';
import { encodingProblem } from './encoding-problem.ts';

it.each(['utf8', 'UTF-8', 'latin1', 'ISO-8859-15', 'cp1252', 'cp437', 'shift_jis', 'gb18030'])(
  'takes file names in %s',
  (name) => {
    expect(encodingProblem(name)).toBeUndefined();
  },
);

it.each(['utf9', '', 'constructor', '__proto__', 'cp99999'])('does not know %j', (name) => {
  expect(encodingProblem(name)).toBe('is not a known encoding');
});

it.each(['utf16', 'utf-16le', 'utf7', 'base64', 'hex', 'cp864'])(
  'refuses %s, in which a command would not be one',
  (name) => {
    expect(encodingProblem(name)).toContain('ASCII');
  },
);

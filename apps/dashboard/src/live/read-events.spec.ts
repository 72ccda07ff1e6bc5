import { expect, it } from 'vitest';
import { EventReader } from './read-events.ts';

const STREAM =
  'retry: 3000\nid: 1-1\n\nevent: change\nid: 1-2\ndata: {"a":\ndata: 1}\n\n: beat\nid: 1-3\n\ndata:x\n\n';

it.each([1, 2, 3, 7, 1_000])('reads the same events from pieces of %d characters', (size) => {
  const reader = new EventReader();
  const pieces = STREAM.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  expect(pieces.flatMap((piece) => reader.read(piece))).toEqual([
    { name: 'change', data: '{"a":\n1}' },
    { name: 'message', data: 'x' },
  ]);
});

it('takes all three line ends, also when one is cut in two', () => {
  const reader = new EventReader();
  expect(
    ['event: a\r', '\ndata: 1\r\n\r', '\n', 'data: 2\r\rdata: 3\n\n'].flatMap((piece) => reader.read(piece)),
  ).toEqual([
    { name: 'a', data: '1' },
    { name: 'message', data: '2' },
    { name: 'message', data: '3' },
  ]);
});

it('tells nothing of an event that has no end yet', () => {
  expect(new EventReader().read('event: change\ndata: {"half"')).toEqual([]);
});

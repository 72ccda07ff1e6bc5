import { describe, expect, it } from 'vitest';
import { type ListPage, pageAt, pageFrom, refreshPage, releaseFar, startsOf } from './cursor-pages.ts';

interface Row {
  id: string;
  state: string;
}
const keyOf = ({ id }: Row) => id;
const rows = (ids: string, state = 'running'): Row[] => [...ids].map((id) => ({ id, state }));
const more = (ids: string, state?: string) => ({ items: rows(ids, state), nextCursor: 'more' });
const page = (ids: string): ListPage<Row> => pageFrom(undefined, more(ids));
const shown = ({ rows: shownRows }: ListPage<Row>) => shownRows?.map(keyOf).join('');

describe('a page that is read again', () => {
  it('is the very same where nothing is different', () => {
    const before = page('dcba');
    expect(refreshPage(before, more('dcba'), keyOf)).toEqual({ page: before, newcomers: 0, apart: false });
    expect(refreshPage(before, more('dcba'), keyOf).page).toBe(before);
  });

  it('renews rows where they stand and keeps the others as they are', () => {
    const before = page('dcba');
    const answer = more('dcba');
    answer.items[1] = { id: 'c', state: 'delivered' };
    const { page: after } = refreshPage(before, answer, keyOf);
    expect(after.rows?.[1]).toEqual({ id: 'c', state: 'delivered' });
    expect(after.rows?.[0]).toBe(before.rows?.[0]);
  });

  it('counts what is newer and does not move what is being read', () => {
    const { page: after, newcomers } = refreshPage(page('dcba'), more('gfedc'), keyOf);
    expect([shown(after), newcomers, after.left.size]).toEqual(['dcba', 3, 0]);
  });

  it('counts what now belongs between the rows, but not what was pushed in at its end', () => {
    expect(refreshPage(page('dcba'), more('dxcba'), keyOf).newcomers).toBe(1);
    expect(refreshPage(page('dcba'), more('dcbaz'), keyOf).newcomers).toBe(0);
  });

  it('keeps rows that no longer belong to it and says which', () => {
    const { page: after } = refreshPage(page('dcba'), more('dba'), keyOf);
    expect([shown(after), [...after.left]]).toEqual(['dcba', ['c']]);
    const again = refreshPage(after, more('dba'), keyOf).page;
    expect(again).toBe(after);
    expect([...refreshPage(after, more('dcba'), keyOf).page.left]).toEqual([]);
  });

  it('says nothing of rows after the end of the answer, unless that is all there is', () => {
    expect([...refreshPage(page('dcba'), more('edc'), keyOf).page.left]).toEqual([]);
    const all = { items: rows('dc'), nextCursor: null };
    expect([...refreshPage(page('dcba'), all, keyOf).page.left]).toEqual(['b', 'a']);
  });

  it('says when so much has come that nothing of what is shown was in the answer', () => {
    expect(refreshPage(page('dcba'), more('zyxw'), keyOf)).toMatchObject({ newcomers: 4, apart: true });
    expect(refreshPage(page(''), more('zyxw'), keyOf)).toMatchObject({ newcomers: 4, apart: false });
    expect(refreshPage(page('dc'), { items: [], nextCursor: null }, keyOf)).toMatchObject({
      newcomers: 0,
      apart: false,
    });
  });
});

describe('pages', () => {
  it('know on which of them a row is', () => {
    const starts = startsOf([page('abc'), page(''), page('de'), page('f')]);
    expect(starts).toEqual([0, 3, 3, 5, 6]);
    expect([0, 2, 3, 4, 5].map((index) => pageAt(starts, index))).toEqual([0, 0, 2, 2, 3]);
  });

  it('far from the one in sight give their rows back, but not their place', () => {
    const pages = Array.from({ length: 10 }, () => page('abcd'));
    const after = releaseFar(pages, 8, 16);
    expect(after.flatMap(({ rows: kept }, index) => (kept ? [index] : []))).toEqual([0, 7, 8, 9]);
    expect(startsOf(after)).toEqual(startsOf(pages));
    expect(releaseFar(after, 8, 16)).toBe(after);
  });
});

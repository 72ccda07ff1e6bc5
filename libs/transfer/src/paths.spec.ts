import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  destinationName,
  isTemporaryName,
  joinPath,
  parentOf,
  temporaryPath,
  versionedPath,
} from './paths.ts';

const ID = '0b9a6a52-6a3c-4b5e-9d8f-1c2d3e4f5a6b';

describe('destinationName', () => {
  it.each([
    ['{name}', 'a.csv', 'a.csv'],
    ['{stem}-done{extension}', 'a.tar.gz', 'a.tar-done.gz'],
    ['{stem}{extension}', '.profile', '.profile'],
    ['in-{name}', '{stem}.csv', 'in-{stem}.csv'],
  ])('%s of %s is %s', (template, name, expected) => {
    expect(destinationName(template, name)).toBe(expected);
  });

  it.each(['..', '.', '', 'a/b', 'a\u0000b', 'a\nb'])('refuses to make %j', (name) => {
    expect(() => destinationName('{name}', name)).toThrow(
      expect.objectContaining({ code: 'file_name_refused' }),
    );
  });

  it('never makes a name that leaves its folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        try {
          expect(parentOf(joinPath('/folder', destinationName('{name}', name)))).toBe('/folder');
        } catch (error) {
          expect(error).toMatchObject({ code: 'file_name_refused' });
        }
      }),
    );
  });
});

describe('temporary names', () => {
  it('stand beside the final name and are recognised', () => {
    const path = temporaryPath('/in/report.csv', ID, 3);
    expect(path).toBe(`/in/.waybill-${ID}-3.part`);
    expect(isTemporaryName(path.slice('/in/'.length))).toBe(true);
    expect(isTemporaryName('report.part')).toBe(false);
  });
});

describe('versionedPath', () => {
  it('numbers before the extension', () => {
    expect(versionedPath('/in/report.csv', 2)).toBe('/in/report-2.csv');
    expect(versionedPath('/in/.env', 2)).toBe('/in/.env-2');
  });
});

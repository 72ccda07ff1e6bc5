import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SETTING_NAMES } from './setting-names.ts';

const CONFIG = new URL('../../../../../../libs/config/src/', import.meta.url);

it('names settings that there are', () => {
  const texts = readdirSync(CONFIG)
    .filter((file) => !file.endsWith('.spec.ts'))
    .map((file) => readFileSync(new URL(file, CONFIG), 'utf8'))
    .join('\n');
  const names = Object.values(SETTING_NAMES).flatMap((each) => each.split(', '));
  expect(names.filter((name) => !texts.includes(`${name}:`))).toEqual([]);
});

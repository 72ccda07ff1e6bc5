import { keepSetting, readSetting } from '../look/settings.ts';

const KEY = 'waybill.single-keys';
let on = readSetting(KEY) !== 'off';

/** WCAG 2.1.4: who dictates, or rests a hand on the keyboard, has to be able to switch them off. */
export function singleKeysAreOn(): boolean {
  return on;
}

export function switchSingleKeys(wanted: boolean): void {
  on = wanted;
  keepSetting(KEY, wanted ? null : 'off');
}

import { holds } from '../target.ts';

/** By Unicode's own classes, not by the list that the product has. */
const SHOWS_NOTHING_OR_MISLEADS = /\p{Cc}|\p{Bidi_Control}|\p{Zl}|\p{Zp}|[\u200b-\u200d\u2060\ufeff]/u;

export function isShowable(text: string): boolean {
  return !SHOWS_NOTHING_OR_MISLEADS.test(text);
}

export function isShown(text: string, what: string): void {
  const isSeen = isShowable(text) && !/\p{Default_Ignorable_Code_Point}/u.test(text);
  holds(isSeen, `${what} has a control or invisible character: ${JSON.stringify(text)}`);
}

/** Digits that stand in the text as a number of their own, whatever zeros are before them. */
export function standsIn(text: string, value: bigint): boolean {
  return (text.match(/\d+/g) ?? []).some((digits) => digits.length <= 4096 && BigInt(digits) === value);
}

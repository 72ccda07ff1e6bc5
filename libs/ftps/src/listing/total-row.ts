const TOTAL =
  /^(?:total|insgesamt|gesamt|totale|totaal|totalt|celkem|razem|итого|всего|toplam|yhteensä|合計|总用量|總計|합계)[ :]{1,3}[\d.,]{1,20}[KMGT]?$/i;

/**
 * `total 12`, in the languages of servers: the first row of `ls -l`, and of other servers that imitate it. It says
 * nothing on the rows below, so it decides no dialect.
 */
export function isTotalRow(line: string): boolean {
  return TOTAL.test(line);
}

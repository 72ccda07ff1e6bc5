/** The organisation we exchange files with. */
export interface Partner {
  id: string;
  name: string;
}

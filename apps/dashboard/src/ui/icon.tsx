/** Paths on a 16 x 16 grid, drawn with a line of 1.5. */
const PATHS = {
  menu: 'M2.5 4h11M2.5 8h11M2.5 12h11',
  person: 'M8 8a2.75 2.75 0 1 0 0-5.5A2.75 2.75 0 0 0 8 8Zm-5 5.5c.4-2.6 2.4-3.75 5-3.75s4.600 1.150 5 3.750',
  check: 'm3 8.500 3.200 3.200L13 5',
  close: 'm4 4 8 8m0-8-8 8',
  search: 'M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9Zm3.300-1.200 3.200 3.200',
  more: 'M3.500 8h.01M8 8h.01M12.500 8h.01',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  columns: 'M2.5 3.500h11v9h-11v-9Zm3.700 0v9m3.600-9v9',
  right: 'm6 4 4 4-4 4',
  left: 'm10 4-4 4 4 4',
  copy: 'M5.500 5.500v-3h8v8h-3m-8-5h8v8h-8v-8Z',
  pause: 'M5.500 3.500v9m5-9v9',
  play: 'M5 3.500v9l7.500-4.500L5 3.500Z',
  again: 'M13 8a5 5 0 1 1-1.600-3.700M13 2.500v2.700h-2.700',
  stop: 'M4 4h8v8H4V4Z',
  plus: 'M8 3v10M3 8h10',
  edit: 'm3 13 .6-2.800L11 2.800l2.200 2.200-7.400 7.400L3 13Z',
  lock: 'M4 7.500h8v6H4v-6Zm1.700 0V5.200a2.300 2.300 0 0 1 4.600 0v2.300',
  warn: 'M8 2.500 14 13H2L8 2.500Zm0 4v3m0 1.800v.01',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9.500V8l2.300 1.500',
  export: 'M8 10V2.500M5 5l3-3 3 3M3 9.500v4h10v-4',
} as const;

export type IconName = keyof typeof PATHS;

/** Decoration: what it means is always said in words beside it, or by the button it is in. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

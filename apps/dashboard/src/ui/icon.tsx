/** Paths on a 16 x 16 grid, drawn with a line of 1.5. */
const PATHS = {
  moon: 'M13 9.800A5.500 5.500 0 0 1 6.200 3a5.500 5.500 0 1 0 6.800 6.800Z',
  run: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.800 5.800v4.400L10.300 8 6.800 5.800Z',
  transfer:
    'M2.500 5.500h10.500m-2.500-2.500 2.500 2.500-2.500 2.500M13.500 10.500H3m2.500-2.500-2.500 2.500 2.500 2.500',
  partner: 'M2.500 13.500V4l5.500-2 5.500 2v9.500h-11Zm3.500-7h.01M10 6.500h.01M6 9.500h.01M10 9.500h.01',
  endpoint: 'M2.500 3h11v4h-11V3Zm0 6h11v4h-11V9ZM5 5h.01M5 11h.01',
  route:
    'M4 13.500a1.750 1.750 0 1 0 0-3.500 1.750 1.750 0 0 0 0 3.500ZM12 6a1.750 1.750 0 1 0 0-3.500A1.750 1.750 0 0 0 12 6ZM5.750 11.750h4a2.250 2.250 0 0 0 0-4.500h-3.500a2.250 2.250 0 0 1 0-3h4',
  list: 'M6 4h7.500M6 8h7.500M6 12h7.500M2.800 4h.01M2.800 8h.01M2.800 12h.01',
  approve: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm-2.600-6 1.800 1.800 3.400-3.600',
  settings:
    'M2.500 4.500h6m3 0h2M2.500 11.500h2m3 0h6M10 6.250a1.750 1.750 0 1 0 0-3.500 1.750 1.750 0 0 0 0 3.500ZM6 13.250a1.750 1.750 0 1 0 0-3.500 1.750 1.750 0 0 0 0 3.500Z',
  keyboard: 'M1.500 4h13v8h-13V4ZM4 6.500h.01M6.700 6.500h.01M9.300 6.500h.01M12 6.500h.01M5 9.500h6',
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

export { BigTable } from './big-table.tsx';
export type { BigColumn } from './columns.ts';
export type { ListAnswer } from './cursor-pages.ts';
export { type CursorList, useCursorList } from './use-cursor-list.ts';

import { queryOptions } from '@tanstack/react-query';
import { call } from '../api/call.ts';

export function runQuery(id: string) {
  return queryOptions({ queryKey: ['getRun', id], queryFn: () => call('getRun', { params: { id } }) });
}

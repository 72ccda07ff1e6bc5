import { queryOptions } from '@tanstack/react-query';
import { call } from '../../../api/call.ts';

/** How the installation is set up: for who reaches all of it as an admin or auditor, as those who see users do. */
export const installationQuery = queryOptions({
  queryKey: ['getInstallation'],
  queryFn: () => call('getInstallation'),
});

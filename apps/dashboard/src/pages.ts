import type { OperationId } from '#contract';
import type { IconName } from './ui/icon.tsx';

export interface PageEntry {
  path:
    | '/'
    | '/runs'
    | '/transfers'
    | '/incidents'
    | '/partners'
    | '/endpoints'
    | '/routes'
    | '/tls'
    | '/approvals'
    | '/audit'
    | '/settings';
  title: string;
  icon: IconName;
  /** After `g`, jumps there. */
  key: string;
  /** Headings of the navigation. */
  group: 'Now' | 'Exchange' | 'Evidence' | 'Installation';
  /** Offered to whoever may do this. */
  needs: OperationId;
}

/** The navigation and the command palette: every page that can be entered without an object. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: 'Tonight', icon: 'moon', key: 'n', group: 'Now', needs: 'listRuns' },
  { path: '/runs', title: 'Runs', icon: 'run', key: 'r', group: 'Now', needs: 'listRuns' },
  {
    path: '/transfers',
    title: 'Transfers',
    icon: 'transfer',
    key: 't',
    group: 'Now',
    needs: 'listTransfers',
  },
  { path: '/incidents', title: 'Incidents', icon: 'warn', key: 'i', group: 'Now', needs: 'listIncidents' },
  {
    path: '/partners',
    title: 'Partners',
    icon: 'partner',
    key: 'p',
    group: 'Exchange',
    needs: 'listPartners',
  },
  {
    path: '/endpoints',
    title: 'Endpoints',
    icon: 'endpoint',
    key: 'e',
    group: 'Exchange',
    needs: 'listEndpoints',
  },
  { path: '/routes', title: 'Routes', icon: 'route', key: 'o', group: 'Exchange', needs: 'listRoutes' },
  { path: '/tls', title: 'TLS', icon: 'lock', key: 'l', group: 'Evidence', needs: 'listTlsNegotiations' },
  { path: '/audit', title: 'Audit', icon: 'list', key: 'u', group: 'Evidence', needs: 'listAuditEvents' },
  {
    path: '/approvals',
    title: 'Approvals',
    icon: 'approve',
    key: 'a',
    group: 'Installation',
    needs: 'listApprovals',
  },
  { path: '/settings', title: 'Settings', icon: 'settings', key: 's', group: 'Installation', needs: 'getMe' },
];

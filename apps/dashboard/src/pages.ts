import type { OperationId } from '#contract';

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
  /** Headings of the navigation. */
  group: 'Now' | 'Exchange' | 'Evidence' | 'Installation';
  /** Offered to whoever may do this. */
  needs: OperationId;
}

/** The navigation and the command palette: every page that can be entered without an object. */
export const PAGES: readonly PageEntry[] = [
  { path: '/', title: 'Tonight', group: 'Now', needs: 'listRuns' },
  { path: '/runs', title: 'Runs', group: 'Now', needs: 'listRuns' },
  { path: '/transfers', title: 'Transfers', group: 'Now', needs: 'listTransfers' },
  { path: '/incidents', title: 'Incidents', group: 'Now', needs: 'listIncidents' },
  { path: '/partners', title: 'Partners', group: 'Exchange', needs: 'listPartners' },
  { path: '/endpoints', title: 'Endpoints', group: 'Exchange', needs: 'listEndpoints' },
  { path: '/routes', title: 'Routes', group: 'Exchange', needs: 'listRoutes' },
  { path: '/tls', title: 'TLS', group: 'Evidence', needs: 'listTlsNegotiations' },
  { path: '/audit', title: 'Audit', group: 'Evidence', needs: 'listAuditEvents' },
  { path: '/approvals', title: 'Approvals', group: 'Installation', needs: 'listApprovals' },
  { path: '/settings', title: 'Settings', group: 'Installation', needs: 'getMe' },
];

/** First segments of the dashboard's addresses: what the api answers with the page itself; everything else is not there. */
export const DASHBOARD_SECTIONS: ReadonlySet<string> = new Set([
  '',
  'sign-in',
  'runs',
  'transfers',
  'incidents',
  'partners',
  'endpoints',
  'routes',
  'new',
  'tls',
  'approvals',
  'audit',
  'settings',
]);

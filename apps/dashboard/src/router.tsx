import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
import { queryClient } from './api/query-client.ts';
import { meQuery } from './session/me.ts';
import { NotFound } from './shell/not-found.tsx';
import { PageFailed } from './shell/page-failed.tsx';
import { RootFrame } from './shell/root-frame.tsx';
import { Shell } from './shell/shell.tsx';

const root = createRootRoute({
  component: RootFrame,
  notFoundComponent: NotFound,
  errorComponent: PageFailed,
});

type Search = Record<string, string | undefined>;

/** Filters stand in the address as plain text; what a page does with a word it does not know is the page's business. */
const asText = (search: Record<string, unknown>): Search => search as Search;

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: asText,
  component: lazyRouteComponent(() => import('./pages/sign-in/sign-in-page.tsx'), 'SignInPage'),
});

/** Everything but sign-in: there is somebody, and he has a password of his own. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ location }) => {
    const me = await queryClient.ensureQueryData(meQuery);
    if (me && !me.session?.passwordIsOneTime) return;
    throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { to: location.href } });
  },
  component: Shell,
});

const below = <Path extends string>(path: Path, component: ReturnType<typeof lazyRouteComponent>) =>
  createRoute({ getParentRoute: () => signedIn, path, validateSearch: asText, component });

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    below(
      '/',
      lazyRouteComponent(() => import('./pages/tonight/tonight-page.tsx'), 'TonightPage'),
    ),
    below(
      '/runs',
      lazyRouteComponent(() => import('./pages/runs/runs-page.tsx'), 'RunsPage'),
    ),
    below(
      '/runs/$id',
      lazyRouteComponent(() => import('./pages/runs/run-page.tsx'), 'RunPage'),
    ),
    below(
      '/transfers',
      lazyRouteComponent(() => import('./pages/transfers/transfers-page.tsx'), 'TransfersPage'),
    ),
    below(
      '/transfers/$id',
      lazyRouteComponent(() => import('./pages/transfers/transfer-page.tsx'), 'TransferPage'),
    ),
    below(
      '/incidents',
      lazyRouteComponent(() => import('./pages/incidents/incidents-page.tsx'), 'IncidentsPage'),
    ),
    below(
      '/partners',
      lazyRouteComponent(() => import('./pages/partners/partners-page.tsx'), 'PartnersPage'),
    ),
    below(
      '/partners/$name',
      lazyRouteComponent(() => import('./pages/partners/partner-page.tsx'), 'PartnerPage'),
    ),
    below(
      '/endpoints',
      lazyRouteComponent(() => import('./pages/endpoints/endpoints-page.tsx'), 'EndpointsPage'),
    ),
    below(
      '/endpoints/$name',
      lazyRouteComponent(() => import('./pages/endpoints/endpoint-page.tsx'), 'EndpointPage'),
    ),
    below(
      '/endpoints/$name/edit',
      lazyRouteComponent(() => import('./pages/endpoints/edit-endpoint-page.tsx'), 'EditEndpointPage'),
    ),
    below(
      '/routes',
      lazyRouteComponent(() => import('./pages/routes/routes-page.tsx'), 'RoutesPage'),
    ),
    below(
      '/routes/$name',
      lazyRouteComponent(() => import('./pages/routes/route-page.tsx'), 'RoutePage'),
    ),
    below(
      '/routes/$name/edit',
      lazyRouteComponent(() => import('./pages/routes/edit-route-page.tsx'), 'EditRoutePage'),
    ),
    below(
      '/new/partner',
      lazyRouteComponent(() => import('./pages/partners/new-partner-page.tsx'), 'NewPartnerPage'),
    ),
    below(
      '/new/endpoint',
      lazyRouteComponent(() => import('./pages/endpoints/edit-endpoint-page.tsx'), 'NewEndpointPage'),
    ),
    below(
      '/new/route',
      lazyRouteComponent(() => import('./pages/routes/edit-route-page.tsx'), 'NewRoutePage'),
    ),
    below(
      '/tls',
      lazyRouteComponent(() => import('./pages/tls/tls-page.tsx'), 'TlsPage'),
    ),
    below(
      '/approvals',
      lazyRouteComponent(() => import('./pages/approvals/approvals-page.tsx'), 'ApprovalsPage'),
    ),
    below(
      '/audit',
      lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
    ),
    below(
      '/settings',
      lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
    ),
    below(
      '/settings/$section',
      lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
    ),
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  scrollRestoration: true,
  defaultErrorComponent: PageFailed,
  // `?state=failed&name=*.csv`: as a person would write it.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const given = Object.entries(search).filter(([, value]) => value !== undefined && value !== '');
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return text === '' ? '' : `?${text}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

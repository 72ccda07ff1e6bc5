import { join } from 'node:path';
import { createApi, readDashboard } from '#apps/api';
import { packageRoot } from '#config';
import { openConfiguration } from './apply-configuration.ts';
import { oidcSettings } from './oidc-settings.ts';
import { portProblem } from './port-problem.ts';
import type { Shared } from './shared-parts.ts';

/** Listens when it returns; the stack closes the port after the requests under way. */
export async function startApiPart(shared: Shared, stack: AsyncDisposableStack): Promise<string> {
  const { config, store, queue, recorder, log, metrics, tracer, egress } = shared;
  const { health } = shared.readiness;
  const configuration = openConfiguration(store, config, egress);
  const oidc = oidcSettings(config);
  const dashboard = await readDashboard(dashboardFolder());
  if (!dashboard)
    log.warn({ folder: dashboardFolder() }, 'no dashboard: it is not built, `npm run build` does');
  const api = createApi({
    config,
    store,
    configuration,
    egress,
    queue,
    recorder,
    log,
    metrics,
    tracer,
    health,
    oidc,
    dashboard,
  });
  stack.defer(() => api.close());
  try {
    await api.listen();
  } catch (error) {
    throw portProblem(error, `port ${config.apiPort} of ${config.apiHost}`) ?? error;
  }
  return api.url;
}

/** Where `npm run build` puts the pages. */
function dashboardFolder(): string {
  return join(packageRoot(), 'dist', 'apps', 'dashboard');
}

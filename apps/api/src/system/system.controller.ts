import { Controller, Inject, type OnApplicationBootstrap, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { makeOpenApi, type OpenApiDocument } from '#contract';
import { isWhole } from '#store';
import { type ApiParts, PARTS } from '../api-parts.ts';
import { ApiProblem } from '../http/api-problem.ts';
import { Operation, type WaybillRequest } from '../http/operation.ts';
import { isLocalRequest } from '../identity/local-request.ts';
import { renderDocs, STYLE_SOURCE } from './docs-page.ts';
import { InstallationReader } from './installation-figures.ts';
import { VERSION } from './version.ts';

interface Readiness {
  status: 'ready' | 'degraded' | 'not_ready';
  checks: Record<string, { ok: boolean; reason?: string }>;
}

/** Health, metrics and the description of the interface itself. */
@Controller()
export class SystemController implements OnApplicationBootstrap {
  readonly #parts: ApiParts;
  readonly #installation: InstallationReader;
  readonly #document: OpenApiDocument = makeOpenApi(VERSION);
  readonly #docs = renderDocs(this.#document);

  constructor(@Inject(PARTS) parts: ApiParts) {
    this.#parts = parts;
    this.#installation = new InstallationReader(parts.store, parts.metrics, parts.log);
  }

  /** Ends of runs are counted from here on, not from when somebody first looks. */
  async onApplicationBootstrap(): Promise<void> {
    await this.#installation.refresh();
  }

  @Operation('healthLive')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  @Operation('healthReady')
  async ready(
    @Req() request: WaybillRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Readiness> {
    const { ok, degraded, checks } = await this.#parts.health.report();
    if (!ok) response.status(503);
    // Reasons name hosts, roles and endpoints; strangers learn only what is well and what is not.
    const told = mayKnowAll(request);
    return {
      status: ok ? (degraded ? 'degraded' : 'ready') : 'not_ready',
      checks: Object.fromEntries(
        Object.entries(checks).map(([name, check]) => [name, told ? check : { ok: check.ok }]),
      ),
    };
  }

  @Operation('metrics')
  async metrics(@Req() request: WaybillRequest): Promise<string> {
    if (!mayKnowAll(request))
      throw new ApiProblem('forbidden', 'The metrics are those of all partners and routes.');
    await this.#installation.refresh();
    return this.#parts.metrics.render();
  }

  @Operation('openApi')
  openApi(): OpenApiDocument {
    return this.#document;
  }

  @Operation('docs')
  docs(@Res({ passthrough: true }) response: Response): string {
    response.setHeader(
      'Content-Security-Policy',
      `default-src 'none'; style-src ${STYLE_SOURCE}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    );
    return this.#docs;
  }
}

/** The machine itself, and whoever is limited to no partner and no route. */
function mayKnowAll(request: WaybillRequest): boolean {
  return isLocalRequest(request) || (request.identity !== undefined && isWhole(request.identity));
}

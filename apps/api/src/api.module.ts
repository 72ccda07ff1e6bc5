import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { type ApiParts, PARTS } from './api-parts.ts';
import { AuditController } from './audit/audit.controller.ts';
import { ConfigurationController } from './configuration/configuration.controller.ts';
import { PausesController } from './configuration/pauses.controller.ts';
import { ProbesController } from './endpoints/probes.controller.ts';
import { FiresController } from './fires/fires.controller.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { ReadRequest } from './http/read-request.ts';
import { AccessGuard, KEY_DIGEST } from './identity/access.guard.ts';
import type { KeyDigest } from './identity/api-keys.ts';
import { IncidentsController } from './incidents/incidents.controller.ts';
import { RunsController } from './runs/runs.controller.ts';
import { SystemController } from './system/system.controller.ts';
import { TlsNegotiationsController } from './tls-negotiations/tls-negotiations.controller.ts';
import { TransfersController } from './transfers/transfers.controller.ts';

export const CONTROLLERS = [
  RunsController,
  TransfersController,
  TlsNegotiationsController,
  ConfigurationController,
  PausesController,
  ProbesController,
  IncidentsController,
  FiresController,
  AuditController,
  SystemController,
];

@Module({})
class ApiModule {}

export function describeModule(parts: ApiParts, digest: KeyDigest): DynamicModule {
  return {
    module: ApiModule,
    controllers: CONTROLLERS,
    providers: [
      { provide: PARTS, useValue: parts },
      { provide: KEY_DIGEST, useValue: digest },
      { provide: APP_GUARD, useClass: AccessGuard },
      { provide: APP_INTERCEPTOR, useClass: ReadRequest },
      { provide: APP_FILTER, useClass: ProblemFilter },
    ],
  };
}

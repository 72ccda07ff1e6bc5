import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { IdentityKeys } from '#identity';
import { type ApiParts, PARTS } from './api-parts.ts';
import { AuditController } from './audit/audit.controller.ts';
import { ApprovalsController } from './configuration/approvals.controller.ts';
import { ConfigurationController } from './configuration/configuration.controller.ts';
import { ConfigurationWritesController } from './configuration/configuration-writes.controller.ts';
import { PausesController } from './configuration/pauses.controller.ts';
import { LooksController } from './endpoints/looks.controller.ts';
import { ProbesController } from './endpoints/probes.controller.ts';
import { EventStreams } from './events/event-streams.ts';
import { EventsController } from './events/events.controller.ts';
import { Exports } from './exports/exports.ts';
import { FiresController } from './fires/fires.controller.ts';
import { DatabaseTurns } from './http/database-turns.ts';
import { ProblemFilter } from './http/problem.filter.ts';
import { RATE_LIMITS, RateGuard, type RateLimits } from './http/rate-limits.ts';
import { ReadRequest } from './http/read-request.ts';
import { AccessGuard, IDENTITY_KEYS } from './identity/access.guard.ts';
import { AccountController } from './identity/account.controller.ts';
import { IdentitiesController } from './identity/identities.controller.ts';
import { OidcController } from './identity/oidc.controller.ts';
import { IncidentsController } from './incidents/incidents.controller.ts';
import { InstallationController } from './installation/installation.controller.ts';
import { OverviewController } from './overview/overview.controller.ts';
import { PostureController } from './posture/posture.controller.ts';
import { RunWaits } from './runs/run-waits.ts';
import { RunsController } from './runs/runs.controller.ts';
import { TriggeringController } from './runs/triggering.controller.ts';
import { SchedulesController } from './schedules/schedules.controller.ts';
import { SecretsController } from './secrets/secrets.controller.ts';
import { SystemController } from './system/system.controller.ts';
import { TlsNegotiationsController } from './tls-negotiations/tls-negotiations.controller.ts';
import { TransfersController } from './transfers/transfers.controller.ts';

export const CONTROLLERS = [
  RunsController,
  TriggeringController,
  TransfersController,
  TlsNegotiationsController,
  ConfigurationController,
  ConfigurationWritesController,
  ApprovalsController,
  PausesController,
  LooksController,
  ProbesController,
  IncidentsController,
  FiresController,
  AuditController,
  EventsController,
  AccountController,
  IdentitiesController,
  OidcController,
  SchedulesController,
  PostureController,
  OverviewController,
  InstallationController,
  SecretsController,
  SystemController,
];

@Module({})
class ApiModule {}

export function describeModule(parts: ApiParts, keys: IdentityKeys, limits: RateLimits): DynamicModule {
  return {
    module: ApiModule,
    controllers: CONTROLLERS,
    providers: [
      { provide: PARTS, useValue: parts },
      RunWaits,
      { provide: IDENTITY_KEYS, useValue: keys },
      { provide: RATE_LIMITS, useValue: limits },
      AccessGuard,
      EventStreams,
      Exports,
      { provide: APP_GUARD, useExisting: AccessGuard },
      { provide: APP_GUARD, useClass: RateGuard },
      { provide: APP_INTERCEPTOR, useClass: ReadRequest },
      // After it: a body that comes slowly takes nobody's turn.
      { provide: APP_INTERCEPTOR, useClass: DatabaseTurns },
      { provide: APP_FILTER, useClass: ProblemFilter },
    ],
  };
}

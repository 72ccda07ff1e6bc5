-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "partner" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "partner_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "partner_id" UUID,
    "protocol" TEXT NOT NULL,
    "mode" TEXT,
    "host" TEXT,
    "port" INTEGER,
    "max_sessions" INTEGER NOT NULL DEFAULT 4,
    "settings" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "transfer_route" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "source_endpoint_id" UUID NOT NULL,
    "destination_endpoint_id" UUID NOT NULL,
    "definition" JSONB NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "priority" INTEGER NOT NULL DEFAULT 5,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "transfer_route_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "schedule" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "route_id" UUID NOT NULL,
    "definition" JSONB NOT NULL,
    "next_fire_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "schedule_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "fire" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "schedule_id" UUID NOT NULL,
    "due_at" TIMESTAMPTZ(6) NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "outcome" TEXT NOT NULL,
    "reason" TEXT,

    CONSTRAINT "fire_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "route_id" UUID NOT NULL,
    "fire_id" UUID,
    "trigger" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "idempotency_key" TEXT,
    "parameters" JSONB NOT NULL DEFAULT '{}',
    "state" TEXT NOT NULL DEFAULT 'queued',
    "priority" INTEGER NOT NULL DEFAULT 5,
    "lanes" INTEGER NOT NULL DEFAULT 1,
    "planned" BOOLEAN NOT NULL DEFAULT false,
    "plan_attempts" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "fence" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "error_code" TEXT,
    "error_phase" TEXT,
    "error_detail" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "transfer" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "run_id" UUID NOT NULL,
    "route_id" UUID NOT NULL,
    "source_endpoint" TEXT NOT NULL,
    "source_path" TEXT NOT NULL,
    "source_size_bytes" BIGINT NOT NULL,
    "source_modified" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "destination_endpoint" TEXT NOT NULL,
    "destination_path" TEXT NOT NULL,
    "temporary_path" TEXT,
    "state" TEXT NOT NULL DEFAULT 'planned',
    "size_bytes" BIGINT,
    "sha256" TEXT,
    "assurance" TEXT,
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "fence" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "publish_intent_at" TIMESTAMPTZ(6),
    "dispose_intent_at" TIMESTAMPTZ(6),
    "suppressed_by_id" UUID,
    "error_code" TEXT,
    "error_phase" TEXT,
    "error_detail" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "delivered_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempt" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "transfer_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "fence" INTEGER NOT NULL,
    "worker" TEXT NOT NULL,
    "outcome" TEXT NOT NULL DEFAULT 'running',
    "source_session_id" UUID,
    "destination_session_id" UUID,
    "size_bytes" BIGINT,
    "sha256" TEXT,
    "error_code" TEXT,
    "error_phase" TEXT,
    "error_detail" TEXT,
    "error_reply" TEXT,
    "transcript" BYTEA,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "attempt_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tls_negotiation" (
    "id" UUID NOT NULL,
    "run_id" UUID,
    "attempt_id" UUID,
    "endpoint_id" UUID,
    "endpoint" TEXT NOT NULL,
    "session_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "command" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "local_address" TEXT,
    "remote_address" TEXT,
    "server_name" TEXT,
    "alpn" TEXT,
    "auth_reply" TEXT,
    "pbsz_reply" TEXT,
    "prot_reply" TEXT,
    "protocol" TEXT,
    "cipher" TEXT,
    "key_exchange_group" TEXT,
    "signature_algorithm" TEXT,
    "resumed" BOOLEAN NOT NULL,
    "resumed_from" UUID,
    "peer_certificates" JSONB NOT NULL,
    "name_check" TEXT NOT NULL,
    "pin_check" TEXT NOT NULL,
    "chain_check" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "error" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "handshake_ms" DOUBLE PRECISION NOT NULL,
    "close_notify" TEXT,
    "bytes_plain" BIGINT,
    "bytes_wire" BIGINT,
    "closed_at" TIMESTAMPTZ(6),

    CONSTRAINT "tls_negotiation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "actor_kind" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "run_id" UUID,
    "transfer_id" UUID,
    "details" JSONB NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_used_at" TIMESTAMPTZ(6),
    "expires_at" TIMESTAMPTZ(6),
    "revoked_at" TIMESTAMPTZ(6),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "secret" (
    "name" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "sealed_key" BYTEA NOT NULL,
    "nonce" BYTEA NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "secret_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "partner_name_key" ON "partner"("name");

-- CreateIndex
CREATE UNIQUE INDEX "endpoint_name_key" ON "endpoint"("name");

-- CreateIndex
CREATE INDEX "endpoint_partner_id_idx" ON "endpoint"("partner_id");

-- CreateIndex
CREATE UNIQUE INDEX "transfer_route_name_key" ON "transfer_route"("name");

-- CreateIndex
CREATE INDEX "transfer_route_source_endpoint_id_idx" ON "transfer_route"("source_endpoint_id");

-- CreateIndex
CREATE INDEX "transfer_route_destination_endpoint_id_idx" ON "transfer_route"("destination_endpoint_id");

-- CreateIndex
CREATE UNIQUE INDEX "schedule_route_id_key" ON "schedule"("route_id");

-- CreateIndex
CREATE INDEX "schedule_next_fire_at_idx" ON "schedule"("next_fire_at");

-- CreateIndex
CREATE INDEX "fire_due_at_idx" ON "fire"("due_at");

-- CreateIndex
CREATE UNIQUE INDEX "fire_schedule_id_due_at_key" ON "fire"("schedule_id", "due_at");

-- CreateIndex
CREATE UNIQUE INDEX "run_fire_id_key" ON "run"("fire_id");

-- CreateIndex
CREATE INDEX "run_state_not_before_idx" ON "run"("state", "not_before");

-- CreateIndex
CREATE INDEX "run_route_id_created_at_idx" ON "run"("route_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "run_created_at_id_idx" ON "run"("created_at" DESC, "id");

-- CreateIndex
CREATE UNIQUE INDEX "run_route_id_idempotency_key_key" ON "run"("route_id", "idempotency_key");

-- CreateIndex
CREATE INDEX "transfer_run_id_state_not_before_idx" ON "transfer"("run_id", "state", "not_before");

-- CreateIndex
CREATE INDEX "transfer_route_id_created_at_idx" ON "transfer"("route_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "transfer_state_created_at_idx" ON "transfer"("state", "created_at" DESC);

-- CreateIndex
CREATE INDEX "transfer_created_at_id_idx" ON "transfer"("created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "transfer_sha256_idx" ON "transfer"("sha256");

-- CreateIndex
CREATE INDEX "transfer_lease_until_idx" ON "transfer"("lease_until");

-- CreateIndex
CREATE INDEX "attempt_source_session_id_idx" ON "attempt"("source_session_id");

-- CreateIndex
CREATE INDEX "attempt_destination_session_id_idx" ON "attempt"("destination_session_id");

-- CreateIndex
CREATE UNIQUE INDEX "attempt_transfer_id_number_key" ON "attempt"("transfer_id", "number");

-- CreateIndex
CREATE INDEX "tls_negotiation_attempt_id_idx" ON "tls_negotiation"("attempt_id");

-- CreateIndex
CREATE INDEX "tls_negotiation_run_id_idx" ON "tls_negotiation"("run_id");

-- CreateIndex
CREATE INDEX "tls_negotiation_session_id_idx" ON "tls_negotiation"("session_id");

-- CreateIndex
CREATE INDEX "tls_negotiation_endpoint_started_at_idx" ON "tls_negotiation"("endpoint", "started_at" DESC);

-- CreateIndex
CREATE INDEX "tls_negotiation_started_at_id_idx" ON "tls_negotiation"("started_at" DESC, "id");

-- CreateIndex
CREATE INDEX "tls_negotiation_protocol_cipher_idx" ON "tls_negotiation"("protocol", "cipher");

-- CreateIndex
CREATE INDEX "audit_event_object_object_id_idx" ON "audit_event"("object", "object_id");

-- CreateIndex
CREATE INDEX "audit_event_run_id_idx" ON "audit_event"("run_id");

-- CreateIndex
CREATE INDEX "audit_event_transfer_id_idx" ON "audit_event"("transfer_id");

-- CreateIndex
CREATE INDEX "audit_event_at_idx" ON "audit_event"("at");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_name_key" ON "api_key"("name");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_digest_key" ON "api_key"("digest");

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "partner"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfer_route" ADD CONSTRAINT "transfer_route_source_endpoint_id_fkey" FOREIGN KEY ("source_endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfer_route" ADD CONSTRAINT "transfer_route_destination_endpoint_id_fkey" FOREIGN KEY ("destination_endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "schedule" ADD CONSTRAINT "schedule_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "transfer_route"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "fire" ADD CONSTRAINT "fire_schedule_id_fkey" FOREIGN KEY ("schedule_id") REFERENCES "schedule"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "transfer_route"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run" ADD CONSTRAINT "run_fire_id_fkey" FOREIGN KEY ("fire_id") REFERENCES "fire"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "transfer_route"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "transfer" ADD CONSTRAINT "transfer_suppressed_by_id_fkey" FOREIGN KEY ("suppressed_by_id") REFERENCES "transfer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "attempt" ADD CONSTRAINT "attempt_transfer_id_fkey" FOREIGN KEY ("transfer_id") REFERENCES "transfer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tls_negotiation" ADD CONSTRAINT "tls_negotiation_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tls_negotiation" ADD CONSTRAINT "tls_negotiation_attempt_id_fkey" FOREIGN KEY ("attempt_id") REFERENCES "attempt"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "tls_negotiation" ADD CONSTRAINT "tls_negotiation_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;


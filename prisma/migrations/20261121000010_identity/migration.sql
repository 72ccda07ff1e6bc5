-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "created_by" TEXT,
ADD COLUMN     "partners" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "routes" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- CreateTable
CREATE TABLE "user_account" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "partners" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "password_hash" TEXT NOT NULL,
    "password_one_time" BOOLEAN NOT NULL DEFAULT true,
    "password_expires_at" TIMESTAMPTZ(6),
    "totp_secret" BYTEA,
    "totp_pending" BYTEA,
    "totp_last_step" INTEGER,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "last_sign_in_at" TIMESTAMPTZ(6),
    "disabled_at" TIMESTAMPTZ(6),

    CONSTRAINT "user_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "recovery_code" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "used_at" TIMESTAMPTZ(6),

    CONSTRAINT "recovery_code_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "user_id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "address" TEXT NOT NULL,
    "client" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_delay" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "last_at" TIMESTAMPTZ(6) NOT NULL,
    "not_before" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "sign_in_delay_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "user_account_name_key" ON "user_account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "recovery_code_digest_key" ON "recovery_code"("digest");

-- CreateIndex
CREATE INDEX "recovery_code_user_id_idx" ON "recovery_code"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "session_digest_key" ON "session"("digest");

-- CreateIndex
CREATE INDEX "session_user_id_created_at_idx" ON "session"("user_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "session_created_at_id_idx" ON "session"("created_at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "recovery_code" ADD CONSTRAINT "recovery_code_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

-- Keys of before keep what they could do.
UPDATE api_key SET partners = ARRAY['*'], routes = ARRAY['*'];

ALTER TABLE api_key
  ADD CONSTRAINT api_key_reach_check CHECK (partners IS NOT NULL AND routes IS NOT NULL
    AND ('*' <> ALL (partners) OR cardinality(partners) = 1) AND ('*' <> ALL (routes) OR cardinality(routes) = 1));

ALTER TABLE user_account
  ADD CONSTRAINT user_account_role_check CHECK (role IN ('viewer', 'operator', 'admin', 'auditor')),
  ADD CONSTRAINT user_account_reach_check CHECK (partners IS NOT NULL AND ('*' <> ALL (partners) OR cardinality(partners) = 1)),
  ADD CONSTRAINT user_account_password_check CHECK (password_hash LIKE '$argon2id$%'),
  -- A password that somebody else has seen ends by itself.
  ADD CONSTRAINT user_account_one_time_check CHECK (password_one_time = (password_expires_at IS NOT NULL));

ALTER TABLE sign_in_delay ADD CONSTRAINT sign_in_delay_failures_check CHECK (failures >= 0);

ALTER TABLE audit_event
  DROP CONSTRAINT audit_event_object_check,
  ADD CONSTRAINT audit_event_object_check CHECK (object IN ('partner', 'endpoint', 'route', 'schedule', 'fire', 'run', 'transfer', 'attempt', 'tls_negotiation', 'incident', 'api_key', 'user', 'session', 'secret', 'configuration', 'process'));

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE ON user_account, session TO waybill_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_code, sign_in_delay TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT (partners, routes, created_by) ON api_key TO waybill_auditor;
    GRANT SELECT (id, name, role, partners, password_one_time, password_expires_at, created_at, created_by, last_sign_in_at, disabled_at) ON user_account TO waybill_auditor;
    GRANT SELECT (id, user_id, address, client, created_at, last_seen_at, expires_at, ended_at) ON session TO waybill_auditor;
  END IF;
END $$;

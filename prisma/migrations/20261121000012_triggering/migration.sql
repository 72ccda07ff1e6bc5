-- AlterTable
ALTER TABLE "run" ADD COLUMN     "files" JSONB;

-- CreateTable
CREATE TABLE "idempotent_request" (
    "run_id" UUID NOT NULL,
    "digest" TEXT NOT NULL,
    "answer" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotent_request_pkey" PRIMARY KEY ("run_id")
);

-- CreateTable
CREATE TABLE "run_callback" (
    "run_id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "secret" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'waiting',
    "message_id" UUID,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(6),
    "lease_owner" TEXT,
    "lease_until" TIMESTAMPTZ(6),
    "last_status" INTEGER,
    "last_error" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "run_callback_pkey" PRIMARY KEY ("run_id")
);

-- AddForeignKey
ALTER TABLE "run_callback" ADD CONSTRAINT "run_callback_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotent_request" ADD CONSTRAINT "idempotent_request_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE run ADD CONSTRAINT run_files_check CHECK (jsonb_typeof(files) = 'array');
ALTER TABLE idempotent_request ADD CONSTRAINT idempotent_request_digest_check CHECK (digest ~ '^[0-9a-f]{64}$');

ALTER TABLE run_callback
  ADD CONSTRAINT run_callback_state_check CHECK (state IN ('waiting', 'due', 'delivered', 'given_up')),
  ADD CONSTRAINT run_callback_due_check CHECK (state <> 'due' OR (message_id IS NOT NULL AND not_before IS NOT NULL)),
  ADD CONSTRAINT run_callback_lease_check CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
  ADD CONSTRAINT run_callback_attempts_check CHECK (attempts >= 0),
  ADD CONSTRAINT run_callback_finished_check CHECK ((state IN ('delivered', 'given_up')) = (finished_at IS NOT NULL));

CREATE INDEX run_callback_due ON run_callback (not_before) WHERE state = 'due';

-- Whatever ends a run, and each time: a held one that was decided ends again, and that is another message.
CREATE FUNCTION run_callback_falls_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE run_callback
     SET state = 'due', message_id = gen_random_uuid(), attempts = 0, not_before = clock_timestamp(), lease_owner = NULL,
         lease_until = NULL, finished_at = NULL
   WHERE run_id = NEW.id;
  RETURN NULL;
END $$;

CREATE TRIGGER run_callback_due AFTER UPDATE OF finished_at ON run FOR EACH ROW
  WHEN (NEW.finished_at IS NOT NULL AND NEW.finished_at IS DISTINCT FROM OLD.finished_at)
  EXECUTE FUNCTION run_callback_falls_due();

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT ON idempotent_request TO waybill_app;
    GRANT UPDATE (answer) ON idempotent_request TO waybill_app;
    GRANT SELECT, INSERT, UPDATE ON run_callback TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON idempotent_request, run_callback TO waybill_auditor;
  END IF;
END $$;

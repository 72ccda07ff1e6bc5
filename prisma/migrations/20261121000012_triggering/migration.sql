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

-- AddForeignKey
ALTER TABLE "idempotent_request" ADD CONSTRAINT "idempotent_request_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "run"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE run ADD CONSTRAINT run_files_check CHECK (jsonb_typeof(files) = 'array');
ALTER TABLE idempotent_request ADD CONSTRAINT idempotent_request_digest_check CHECK (digest ~ '^[0-9a-f]{64}$');

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT ON idempotent_request TO waybill_app;
    GRANT UPDATE (answer) ON idempotent_request TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON idempotent_request TO waybill_auditor;
  END IF;
END $$;

-- CreateTable
CREATE TABLE "transfer_progress" (
    "transfer_id" UUID NOT NULL,
    "fence" INTEGER NOT NULL,
    "lane" INTEGER NOT NULL,
    "phase" TEXT NOT NULL,
    "streamed_bytes" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "transfer_progress_pkey" PRIMARY KEY ("transfer_id")
);

-- By hand from here: what Prisma cannot say.

-- Worth nothing after a crash, and written every second: no log is written for it, and no commit waits for a disk. Rows find
-- room beside themselves for their next version. Without a reference to `transfer`, whose rows it would lock.
ALTER TABLE transfer_progress SET UNLOGGED;
ALTER TABLE transfer_progress SET (fillfactor = 50);
ALTER TABLE transfer_progress ADD CONSTRAINT transfer_progress_bytes_check CHECK (streamed_bytes >= 0);

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE, DELETE ON transfer_progress TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON transfer_progress TO waybill_auditor;
  END IF;
END $$;

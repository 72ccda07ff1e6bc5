-- AlterTable
ALTER TABLE "secret" ADD COLUMN     "key_id" TEXT;

-- CreateTable
CREATE TABLE "sealing_key" (
    "id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "wrapped" BYTEA,
    "wrapped_by" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(6),

    CONSTRAINT "sealing_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "secret_key_id_idx" ON "secret"("key_id");

-- AddForeignKey
ALTER TABLE "secret" ADD CONSTRAINT "secret_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "sealing_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE sealing_key
  ADD CONSTRAINT sealing_key_state_check CHECK (state IN ('current', 'old', 'retired')),
  ADD CONSTRAINT sealing_key_public_check CHECK (octet_length(public_key) = 32),
  ADD CONSTRAINT sealing_key_retired_check CHECK ((state = 'retired') = (retired_at IS NOT NULL)
    AND (state = 'retired') = (wrapped IS NULL) AND (state = 'retired') = (wrapped_by IS NULL));

-- Whoever writes a secret finds one key, and never two.
CREATE UNIQUE INDEX sealing_key_current ON sealing_key (state) WHERE state = 'current';

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT, UPDATE ON sealing_key TO waybill_app;
  END IF;
END $$;

-- CreateTable
CREATE TABLE "oidc_account" (
    "user_id" UUID NOT NULL,
    "issuer" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "oidc_account_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "oidc_sign_in" (
    "state_digest" BYTEA NOT NULL,
    "browser_digest" BYTEA NOT NULL,
    "sealed" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "oidc_sign_in_pkey" PRIMARY KEY ("state_digest")
);

-- CreateIndex
CREATE UNIQUE INDEX "oidc_account_issuer_subject_key" ON "oidc_account"("issuer", "subject");

-- CreateIndex
CREATE INDEX "oidc_sign_in_expires_at_idx" ON "oidc_sign_in"("expires_at");

-- AddForeignKey
ALTER TABLE "oidc_account" ADD CONSTRAINT "oidc_account_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user_account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT ON oidc_account TO waybill_app;
    GRANT SELECT, INSERT, DELETE ON oidc_sign_in TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON oidc_account TO waybill_auditor;
  END IF;
END $$;

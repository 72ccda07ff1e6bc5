-- AlterTable
ALTER TABLE "endpoint" ADD COLUMN "login_refused_at" TIMESTAMPTZ(6);

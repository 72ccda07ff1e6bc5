-- AlterTable
ALTER TABLE "secret" ADD COLUMN     "partner_id" UUID;

-- CreateIndex
CREATE INDEX "secret_partner_id_idx" ON "secret"("partner_id");

-- AddForeignKey
ALTER TABLE "secret" ADD CONSTRAINT "secret_partner_id_fkey" FOREIGN KEY ("partner_id") REFERENCES "partner"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

-- A secret that somebody has asked for lies sealed in its approval, and is taken out of it by the decision, whichever it is.
CREATE OR REPLACE FUNCTION approval_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'pending'
     OR (to_jsonb(NEW) - '{state,decided_at,decider_kind,decider_name,note,payload}'::text[])
        IS DISTINCT FROM (to_jsonb(OLD) - '{state,decided_at,decider_kind,decider_name,note,payload}'::text[])
     OR (NEW.payload IS DISTINCT FROM OLD.payload
         AND (NEW.kind <> 'secret' OR NEW.state = 'pending' OR NEW.payload <> '{}'::jsonb)) THEN
    RAISE EXCEPTION 'UPDATE on approval is refused: it is decided once, and nothing else of it changes' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT UPDATE (payload) ON approval TO waybill_app;
  END IF;
END $$;

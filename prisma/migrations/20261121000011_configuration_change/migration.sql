-- CreateTable
CREATE TABLE "configuration_change" (
    "id" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT clock_timestamp(),
    "change_set" UUID NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_name" TEXT NOT NULL,
    "approval_id" UUID,
    "origin" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "noun" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "partners" TEXT[],
    "before" JSONB,
    "after" JSONB,
    "fields" JSONB NOT NULL,

    CONSTRAINT "configuration_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "approval" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "requested_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "requester_kind" TEXT NOT NULL,
    "requester_name" TEXT NOT NULL,
    "partners" TEXT[],
    "summary" TEXT NOT NULL,
    "changes" JSONB NOT NULL,
    "payload" JSONB NOT NULL,
    "decided_at" TIMESTAMPTZ(6),
    "decider_kind" TEXT,
    "decider_name" TEXT,
    "note" TEXT,

    CONSTRAINT "approval_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "configuration_change_noun_name_id_idx" ON "configuration_change"("noun", "name", "id" DESC);

-- CreateIndex
CREATE INDEX "configuration_change_change_set_idx" ON "configuration_change"("change_set");

-- CreateIndex
CREATE INDEX "approval_state_requested_at_idx" ON "approval"("state", "requested_at");

-- CreateIndex
CREATE INDEX "approval_requested_at_id_idx" ON "approval"("requested_at" DESC, "id" DESC);

-- AddForeignKey
ALTER TABLE "configuration_change" ADD CONSTRAINT "configuration_change_approval_id_fkey" FOREIGN KEY ("approval_id") REFERENCES "approval"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

ALTER TABLE configuration_change
  ALTER COLUMN partners SET NOT NULL,
  ADD CONSTRAINT configuration_change_actor_check CHECK (actor_kind IN ('user', 'api_key', 'scheduler', 'worker', 'system')),
  ADD CONSTRAINT configuration_change_kind_check CHECK (kind IN ('create', 'change', 'delete')),
  ADD CONSTRAINT configuration_change_noun_check CHECK (noun IN ('partner', 'endpoint', 'route')),
  ADD CONSTRAINT configuration_change_before_check CHECK ((kind = 'create') = (before IS NULL)),
  ADD CONSTRAINT configuration_change_after_check CHECK ((kind = 'delete') = (after IS NULL));

ALTER TABLE approval
  ALTER COLUMN partners SET NOT NULL,
  ADD CONSTRAINT approval_state_check CHECK (state IN ('pending', 'approved', 'rejected')),
  ADD CONSTRAINT approval_decided_check CHECK ((state = 'pending') = (decided_at IS NULL) AND (decided_at IS NULL) = (decider_kind IS NULL) AND (decided_at IS NULL) = (decider_name IS NULL)),
  -- Nobody is a second person to himself, whatever the program around it believes.
  ADD CONSTRAINT approval_second_person_check CHECK (state <> 'approved' OR (decider_kind, decider_name) <> (requester_kind, requester_name));

-- History is only ever added to; an approval is decided once, and what was asked for stays as it was.
CREATE TRIGGER configuration_change_append_only BEFORE UPDATE OR DELETE ON configuration_change FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER configuration_change_no_truncate BEFORE TRUNCATE ON configuration_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE configuration_change ENABLE ALWAYS TRIGGER configuration_change_append_only;
ALTER TABLE configuration_change ENABLE ALWAYS TRIGGER configuration_change_no_truncate;

CREATE FUNCTION approval_is_decided_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state <> 'pending'
     OR (to_jsonb(NEW) - '{state,decided_at,decider_kind,decider_name,note}'::text[])
        IS DISTINCT FROM (to_jsonb(OLD) - '{state,decided_at,decider_kind,decider_name,note}'::text[]) THEN
    RAISE EXCEPTION 'UPDATE on approval is refused: it is decided once, and nothing else of it changes' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER approval_deciding BEFORE UPDATE ON approval FOR EACH ROW EXECUTE FUNCTION approval_is_decided_once();
ALTER TABLE approval ENABLE ALWAYS TRIGGER approval_deciding;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT ON configuration_change, approval TO waybill_app;
    GRANT INSERT (change_set, actor_kind, actor_name, approval_id, origin, kind, noun, name, partners, before, after, fields) ON configuration_change TO waybill_app;
    GRANT USAGE ON SEQUENCE configuration_change_id_seq TO waybill_app;
    GRANT INSERT (kind, requester_kind, requester_name, partners, summary, changes, payload) ON approval TO waybill_app;
    GRANT UPDATE (state, decided_at, decider_kind, decider_name, note) ON approval TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON configuration_change TO waybill_auditor;
    -- The payload may hold a sealed secret.
    GRANT SELECT (id, kind, state, requested_at, requester_kind, requester_name, partners, summary, changes, decided_at, decider_kind, decider_name, note) ON approval TO waybill_auditor;
  END IF;
END $$;

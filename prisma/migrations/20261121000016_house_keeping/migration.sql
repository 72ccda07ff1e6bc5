-- CreateIndex
CREATE INDEX "idempotent_request_created_at_idx" ON "idempotent_request"("created_at");

-- By hand from here: what Prisma cannot say.

-- What has been kept long enough is found without a look at all that is kept.
CREATE INDEX run_callback_told ON run_callback (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX session_over ON session (least(ended_at, expires_at));
CREATE INDEX probe_over ON probe (finished_at) WHERE finished_at IS NOT NULL;

ALTER TABLE incident
  DROP CONSTRAINT incident_kind_check,
  ADD CONSTRAINT incident_kind_check CHECK (kind IN ('transfer_in_doubt', 'transfer_quarantined', 'transfer_held', 'login_refused', 'run_failed', 'callback_given_up', 'keys_unavailable'));

-- Whatever the program around it believes: what somebody may still ask for is deleted by nobody.
CREATE FUNCTION keep_while_young() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  over_since timestamptz := (SELECT min((to_jsonb(OLD) ->> name)::timestamptz) FROM unnest(TG_ARGV[0]::text[]) AS name);
BEGIN
  IF over_since IS NULL OR over_since > now() - TG_ARGV[1]::interval THEN
    RAISE EXCEPTION 'DELETE on % is refused: a row is kept until it has been over for %', TG_TABLE_NAME, TG_ARGV[1] USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;

CREATE TRIGGER idempotent_request_is_kept BEFORE DELETE ON idempotent_request FOR EACH ROW EXECUTE FUNCTION keep_while_young('{created_at}', '1 day');
CREATE TRIGGER run_callback_is_kept BEFORE DELETE ON run_callback FOR EACH ROW EXECUTE FUNCTION keep_while_young('{finished_at}', '1 day');
CREATE TRIGGER session_is_kept BEFORE DELETE ON session FOR EACH ROW EXECUTE FUNCTION keep_while_young('{ended_at,expires_at}', '30 days');
CREATE TRIGGER probe_is_kept BEFORE DELETE ON probe FOR EACH ROW EXECUTE FUNCTION keep_while_young('{finished_at}', '1 day');
ALTER TABLE idempotent_request ENABLE ALWAYS TRIGGER idempotent_request_is_kept;
ALTER TABLE run_callback ENABLE ALWAYS TRIGGER run_callback_is_kept;
ALTER TABLE session ENABLE ALWAYS TRIGGER session_is_kept;
ALTER TABLE probe ENABLE ALWAYS TRIGGER probe_is_kept;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT DELETE ON idempotent_request, run_callback, session, probe TO waybill_app;
  END IF;
END $$;

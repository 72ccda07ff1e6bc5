-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "created_by_kind" TEXT;

-- AlterTable
ALTER TABLE "user_account" ALTER COLUMN "password_hash" DROP NOT NULL;

-- By hand from here: what Prisma cannot say.

ALTER TABLE api_key
  ADD CONSTRAINT api_key_created_by_check CHECK (created_by_kind IN ('user', 'api_key', 'scheduler', 'worker', 'system'));

-- The audit knows who made the keys of before; where it does not, nobody does, and such a key is nobody's second person.
UPDATE api_key SET created_by_kind = (
  SELECT actor_kind FROM audit_event
   WHERE object = 'api_key' AND object_id = api_key.id::text AND action = 'api_key.created' AND actor_name = api_key.created_by
   ORDER BY id LIMIT 1);

-- Whom the identity provider vouches for has no password here, not even one that nobody knows.
UPDATE user_account SET password_hash = NULL, password_one_time = FALSE, password_expires_at = NULL, totp_secret = NULL, totp_pending = NULL
 WHERE id IN (SELECT user_id FROM oidc_account);

ALTER TABLE user_account
  ADD CONSTRAINT user_account_no_password_check CHECK (password_hash IS NOT NULL OR (NOT password_one_time AND totp_secret IS NULL AND totp_pending IS NULL));

-- Who stands behind an actor: an API key is who made it, however many keys lie between. NULL: nobody knows.
CREATE FUNCTION person_behind(actor_kind text, actor_name text) RETURNS text LANGUAGE sql STABLE AS $$
  WITH RECURSIVE maker (kind, name) AS (
    SELECT actor_kind, actor_name
    UNION
    SELECT api_key.created_by_kind, api_key.created_by
      FROM maker JOIN api_key ON maker.kind = 'api_key' AND api_key.name = maker.name
  )
  SELECT kind || ' ' || name FROM maker WHERE kind <> 'api_key' LIMIT 1
$$;

-- The database refuses it whatever the program around it believes.
CREATE FUNCTION approval_is_of_another_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (person_behind(NEW.decider_kind, NEW.decider_name) = person_behind(NEW.requester_kind, NEW.requester_name)) IS NOT FALSE THEN
    RAISE EXCEPTION 'UPDATE on approval is refused: % asked for it, and % is no second person', NEW.requester_name, NEW.decider_name USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER approval_second_person BEFORE UPDATE ON approval FOR EACH ROW WHEN (NEW.state = 'approved') EXECUTE FUNCTION approval_is_of_another_person();
ALTER TABLE approval ENABLE ALWAYS TRIGGER approval_second_person;

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT (created_by_kind) ON api_key TO waybill_auditor;
  END IF;
END $$;

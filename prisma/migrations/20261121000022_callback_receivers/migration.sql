-- AlterTable
ALTER TABLE "run_callback" ADD COLUMN     "public_only" BOOLEAN NOT NULL DEFAULT false;

-- By hand from here: what Prisma cannot say.

-- Why a try was none, as everybody may know it who sees the run; what was met on the way is in the worker's log.
UPDATE run_callback SET last_error = CASE WHEN last_status IS NULL THEN 'unreachable' ELSE 'answered' END
 WHERE last_error IS NOT NULL;
ALTER TABLE run_callback ADD CONSTRAINT run_callback_error_check
  CHECK (last_error IN ('refused_by_policy', 'unreachable', 'answered', 'secret', 'run_gone'));

-- Whom a message is for, of an address as it is stored (a URL in its one spelling); without the port, which is anybody's choice.
CREATE FUNCTION callback_receiver(url text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN coalesce(regexp_replace(lower(substring(url FROM '^[A-Za-z]+://([^/?#]+)')), ':[0-9]+$', ''), '');

-- The next messages for each receiver, without reading all that wait for a slow one.
CREATE INDEX run_callback_receiver ON run_callback (callback_receiver(url), not_before) WHERE state = 'due';

-- What follows the host of an address may be somebody's key: it is for those who send.
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    REVOKE SELECT ON run_callback FROM waybill_auditor;
    GRANT SELECT (run_id, secret, public_only, state, message_id, attempts, not_before, lease_owner, lease_until, last_status,
                  last_error, created_at, finished_at) ON run_callback TO waybill_auditor;
  END IF;
END $$;

-- DropIndex
DROP INDEX "audit_event_object_object_id_idx";

-- AlterTable
ALTER TABLE "audit_event" ADD COLUMN "concerns_id" UUID;

-- By hand: what Prisma cannot say. Whoever may see some routes and endpoints only is shown pages of events: these are found
-- by what they concern. A run, a transfer, a fire keep their route for ever.

CREATE FUNCTION what_event_concerns(of_run uuid, of_transfer uuid, about text, about_id text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
  IF of_run IS NOT NULL THEN
    RETURN (SELECT route_id FROM run WHERE id = of_run);
  ELSIF of_transfer IS NOT NULL THEN
    RETURN (SELECT route_id FROM transfer WHERE id = of_transfer);
  ELSIF about NOT IN ('schedule', 'fire', 'tls_negotiation', 'incident')
     OR about_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
    RETURN NULL;
  END IF;
  RETURN CASE about
    WHEN 'schedule' THEN (SELECT route_id FROM schedule WHERE id = about_id::uuid)
    WHEN 'fire' THEN (
      SELECT schedule.route_id FROM fire JOIN schedule ON schedule.id = fire.schedule_id WHERE fire.id = about_id::uuid)
    WHEN 'tls_negotiation' THEN (
      SELECT coalesce((SELECT run.route_id FROM run WHERE run.id = tls_negotiation.run_id), tls_negotiation.endpoint_id)
        FROM tls_negotiation WHERE tls_negotiation.id = about_id::uuid)
    ELSE (
      SELECT coalesce((SELECT run.route_id FROM run WHERE run.id = incident.run_id),
                      (SELECT transfer.route_id FROM transfer WHERE transfer.id = incident.transfer_id),
                      (SELECT transfer_route.id FROM transfer_route WHERE transfer_route.name = incident.route),
                      (SELECT endpoint.id FROM endpoint WHERE endpoint.name = incident.endpoint))
        FROM incident WHERE incident.id = about_id::uuid)
  END;
END $$;

-- The app has no right to this column: an event can be hidden from nobody, and shown to nobody, by who writes it.
CREATE FUNCTION audit_event_concerns() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.run_id IS NOT NULL THEN
    SELECT route_id INTO NEW.concerns_id FROM run WHERE id = NEW.run_id;
  ELSE
    NEW.concerns_id := what_event_concerns(NEW.run_id, NEW.transfer_id, NEW.object, NEW.object_id);
  END IF;
  RETURN NEW;
END $$;

-- What is on record already says the same as before, and besides what it concerns.
ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only;
UPDATE audit_event SET concerns_id = what_event_concerns(run_id, transfer_id, object, object_id)
 WHERE run_id IS NOT NULL OR transfer_id IS NOT NULL OR object IN ('schedule', 'fire', 'tls_negotiation', 'incident');
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only;

-- Not for rows of a restored backup, which have it.
CREATE TRIGGER audit_event_concerns BEFORE INSERT ON audit_event FOR EACH ROW
  WHEN (NEW.concerns_id IS NULL) EXECUTE FUNCTION audit_event_concerns();

-- CreateIndex
CREATE INDEX "audit_event_object_object_id_id_idx" ON "audit_event"("object", "object_id", "id");

-- CreateIndex
CREATE INDEX "audit_event_concerns_id_id_idx" ON "audit_event"("concerns_id", "id");

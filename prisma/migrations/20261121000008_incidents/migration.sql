-- The closed lists that incidents need; nothing that Prisma could say.
ALTER TABLE audit_event
  DROP CONSTRAINT audit_event_object_check,
  ADD CONSTRAINT audit_event_object_check CHECK (object IN ('partner', 'endpoint', 'route', 'schedule', 'fire', 'run', 'transfer', 'attempt', 'tls_negotiation', 'incident', 'api_key', 'secret', 'configuration', 'process'));

ALTER TABLE incident
  ADD CONSTRAINT incident_kind_check CHECK (kind IN ('transfer_in_doubt', 'transfer_quarantined', 'transfer_held', 'login_refused', 'run_failed'));

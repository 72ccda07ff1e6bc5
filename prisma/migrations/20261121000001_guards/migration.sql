-- What Prisma cannot say: closed lists, the ledger key, append-only evidence, and who may do what.

ALTER TABLE endpoint ADD CONSTRAINT endpoint_protocol_check CHECK (protocol IN ('ftps', 'local')),
  ADD CONSTRAINT endpoint_mode_check CHECK (mode IN ('explicit', 'implicit')),
  ADD CONSTRAINT endpoint_port_check CHECK (port BETWEEN 1 AND 65535),
  ADD CONSTRAINT endpoint_max_sessions_check CHECK (max_sessions >= 1);

ALTER TABLE transfer_route ADD CONSTRAINT transfer_route_priority_check CHECK (priority BETWEEN 1 AND 9);

ALTER TABLE fire ADD CONSTRAINT fire_outcome_check CHECK (outcome IN ('run', 'skipped', 'coalesced', 'missed'));

ALTER TABLE run
  ADD CONSTRAINT run_state_check CHECK (state IN ('queued', 'running', 'delivered', 'partly_delivered', 'failed', 'held', 'cancelled')),
  ADD CONSTRAINT run_trigger_check CHECK (trigger IN ('schedule', 'operator', 'api')),
  ADD CONSTRAINT run_lanes_check CHECK (lanes >= 1),
  ADD CONSTRAINT run_fence_check CHECK (fence >= 0),
  ADD CONSTRAINT run_fire_check CHECK ((trigger = 'schedule') = (fire_id IS NOT NULL)),
  ADD CONSTRAINT run_finished_check CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL));

ALTER TABLE transfer
  ADD CONSTRAINT transfer_state_check CHECK (state IN ('planned', 'claimed', 'streaming', 'verifying', 'publishing', 'disposing', 'delivered', 'suppressed', 'held', 'failed', 'cancelled')),
  ADD CONSTRAINT transfer_assurance_check CHECK (assurance IN ('none', 'size', 'read_back', 'hash_by_server')),
  ADD CONSTRAINT transfer_source_size_check CHECK (source_size_bytes >= 0),
  ADD CONSTRAINT transfer_size_check CHECK (size_bytes >= 0),
  ADD CONSTRAINT transfer_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT transfer_fence_check CHECK (fence >= 0),
  -- Whoever works on it holds a lease; nobody else does.
  ADD CONSTRAINT transfer_lease_check CHECK ((state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')) = (lease_owner IS NOT NULL AND lease_until IS NOT NULL)),
  -- No rename without a committed intent, no delivery without its proof.
  ADD CONSTRAINT transfer_publishing_check CHECK (state NOT IN ('publishing', 'disposing') OR publish_intent_at IS NOT NULL),
  ADD CONSTRAINT transfer_delivered_check CHECK (state <> 'delivered' OR (delivered_at IS NOT NULL AND sha256 IS NOT NULL AND size_bytes IS NOT NULL AND assurance IS NOT NULL)),
  ADD CONSTRAINT transfer_suppressed_check CHECK ((state = 'suppressed') = (suppressed_by_id IS NOT NULL)),
  ADD CONSTRAINT transfer_finished_check CHECK ((state IN ('delivered', 'suppressed', 'held', 'failed', 'cancelled')) = (finished_at IS NOT NULL));

-- The ledger: one file version of one route is in hand or delivered once, however often it is listed or triggered.
CREATE UNIQUE INDEX transfer_ledger_key ON transfer (route_id, source_endpoint, source_path, source_size_bytes, source_modified, generation)
  WHERE state NOT IN ('suppressed', 'failed', 'cancelled');

ALTER TABLE attempt
  ADD CONSTRAINT attempt_outcome_check CHECK (outcome IN ('running', 'delivered', 'failed', 'held', 'abandoned', 'cancelled')),
  ADD CONSTRAINT attempt_number_check CHECK (number >= 1),
  ADD CONSTRAINT attempt_finished_check CHECK ((outcome = 'running') = (finished_at IS NULL));

ALTER TABLE tls_negotiation
  ADD CONSTRAINT tls_negotiation_channel_check CHECK (channel IN ('control', 'data')),
  ADD CONSTRAINT tls_negotiation_mode_check CHECK (mode IN ('explicit', 'implicit')),
  ADD CONSTRAINT tls_negotiation_verdict_check CHECK (verdict IN ('accepted', 'refused')),
  ADD CONSTRAINT tls_negotiation_checks_check CHECK (name_check IN ('passed', 'failed', 'not_applicable') AND pin_check IN ('passed', 'failed', 'not_applicable') AND chain_check IN ('passed', 'failed', 'not_applicable')),
  ADD CONSTRAINT tls_negotiation_close_notify_check CHECK (close_notify IN ('seen', 'not_seen', 'unobserved')),
  ADD CONSTRAINT tls_negotiation_refused_check CHECK ((verdict = 'refused') = (error IS NOT NULL));

ALTER TABLE audit_event
  ADD CONSTRAINT audit_event_actor_check CHECK (actor_kind IN ('user', 'api_key', 'scheduler', 'worker', 'system'));

ALTER TABLE api_key
  ADD CONSTRAINT api_key_role_check CHECK (role IN ('viewer', 'operator', 'admin', 'auditor'));

-- Evidence is only ever added to.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: the table is append-only', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_event_no_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_append_only;
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_no_truncate;

-- A negotiation's closing facts come when the connection ends: once, and nothing else of the row changes.
CREATE FUNCTION tls_negotiation_closes_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.closed_at IS NOT NULL
     OR (to_jsonb(NEW) - '{closed_at,close_notify,bytes_plain,bytes_wire}'::text[])
        IS DISTINCT FROM (to_jsonb(OLD) - '{closed_at,close_notify,bytes_plain,bytes_wire}'::text[]) THEN
    RAISE EXCEPTION 'UPDATE on tls_negotiation is refused: only the closing facts are added, once' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER tls_negotiation_closing BEFORE UPDATE ON tls_negotiation FOR EACH ROW EXECUTE FUNCTION tls_negotiation_closes_once();
CREATE TRIGGER tls_negotiation_no_delete BEFORE DELETE ON tls_negotiation FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER tls_negotiation_no_truncate BEFORE TRUNCATE ON tls_negotiation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE tls_negotiation ENABLE ALWAYS TRIGGER tls_negotiation_closing;
ALTER TABLE tls_negotiation ENABLE ALWAYS TRIGGER tls_negotiation_no_delete;
ALTER TABLE tls_negotiation ENABLE ALWAYS TRIGGER tls_negotiation_no_truncate;

-- Roles are made by the embedded server, or by the database's administrator (libs/store/README.md).
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    EXECUTE format('GRANT CREATE ON DATABASE %I TO waybill_app', current_database()); -- the queue's own schema
    GRANT USAGE ON SCHEMA public TO waybill_app;
    GRANT SELECT, INSERT, UPDATE, DELETE ON partner, endpoint, transfer_route, schedule, api_key, secret TO waybill_app;
    GRANT SELECT, INSERT, UPDATE ON run, transfer, attempt TO waybill_app;
    GRANT SELECT, INSERT ON fire, audit_event, tls_negotiation TO waybill_app;
    GRANT UPDATE (close_notify, bytes_plain, bytes_wire, closed_at) ON tls_negotiation TO waybill_app;
    GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT USAGE ON SCHEMA public TO waybill_auditor;
    GRANT SELECT ON partner, endpoint, transfer_route, schedule, fire, run, transfer, attempt, tls_negotiation, audit_event TO waybill_auditor;
  END IF;
END $$;

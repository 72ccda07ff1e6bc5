-- All files and handshakes that there are get further indexes: about a minute for a million (README of the store, "Searches"). Who reads
-- goes on meanwhile. Who writes waits, from here on and not half-way, where he would hold what is wanted next.
LOCK TABLE transfer_route, run, transfer, tls_negotiation IN SHARE ROW EXCLUSIVE MODE;
SET LOCAL maintenance_work_mem = '256MB';

-- CreateTable
CREATE TABLE "transfer_place" (
    "route_id" UUID NOT NULL,
    "source_endpoint" TEXT NOT NULL,
    "destination_endpoint" TEXT NOT NULL,

    CONSTRAINT "transfer_place_pkey" PRIMARY KEY ("route_id","source_endpoint","destination_endpoint")
);

-- CreateIndex
CREATE INDEX "run_state_created_at_id_idx" ON "run"("state", "created_at", "id");

-- CreateIndex
CREATE INDEX "transfer_route_id_state_created_at_id_idx" ON "transfer"("route_id", "state", "created_at", "id");

-- CreateIndex
CREATE INDEX "transfer_state_created_at_id_idx" ON "transfer"("state", "created_at", "id");

-- CreateIndex
CREATE INDEX "transfer_sha256_created_at_id_idx" ON "transfer"("sha256", "created_at", "id");

-- CreateIndex
CREATE INDEX "tls_negotiation_by_endpoint" ON "tls_negotiation"("endpoint", "started_at", "id", "endpoint_id", "run_id", "channel", "verdict", "protocol", "cipher");

-- AddForeignKey
ALTER TABLE "transfer_place" ADD CONSTRAINT "transfer_place_route_id_fkey" FOREIGN KEY ("route_id") REFERENCES "transfer_route"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- By hand from here: what Prisma cannot say.

-- Names of files and their whole paths, in lower case, by any three characters of them. The extension is trusted: whoever owns the
-- database may create it. Where its server has none, files are found without it, only later.
DO $$
DECLARE
  place text;
BEGIN
  CREATE EXTENSION IF NOT EXISTS pg_trgm;
  SELECT extnamespace::regnamespace::text INTO place FROM pg_extension WHERE extname = 'pg_trgm';
  EXECUTE format('CREATE INDEX transfer_by_name ON transfer USING gin (lower(split_part(source_path, ''/'', -1)) %s.gin_trgm_ops)', place);
  EXECUTE format('CREATE INDEX transfer_by_path ON transfer USING gin (lower(source_path) %s.gin_trgm_ops)', place);
EXCEPTION WHEN insufficient_privilege OR feature_not_supported OR undefined_file THEN
  RAISE WARNING 'There is no pg_trgm here, and no index of file names: %', SQLERRM;
END $$;

-- Between which endpoints the files of each route have gone: whose files they are is read from here, whatever the route leads to now.
INSERT INTO transfer_place (route_id, source_endpoint, destination_endpoint)
SELECT DISTINCT route_id, source_endpoint, destination_endpoint FROM transfer;

CREATE FUNCTION note_transfer_places() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO transfer_place (route_id, source_endpoint, destination_endpoint)
  SELECT DISTINCT route_id, source_endpoint, destination_endpoint FROM added ORDER BY 1, 2, 3
      ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER transfer_place_noted AFTER INSERT ON transfer REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION note_transfer_places();

DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_app') THEN
    GRANT SELECT, INSERT ON transfer_place TO waybill_app;
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'waybill_auditor') THEN
    GRANT SELECT ON transfer_place TO waybill_auditor;
  END IF;
END $$;

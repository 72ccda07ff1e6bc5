-- DropIndex
DROP INDEX "transfer_lease_until_idx";

-- By hand from here: what Prisma cannot say.

-- What a claim looks for: the next files that wait, and those whose worker is gone.
CREATE INDEX transfer_waiting ON transfer (run_id, not_before, source_path) WHERE state = 'planned';
CREATE INDEX transfer_in_hand ON transfer (run_id, lease_until)
  WHERE state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing');

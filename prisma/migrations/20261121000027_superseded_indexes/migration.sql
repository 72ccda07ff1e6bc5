-- Apart from the indexes that stand for them: this locks out readers as well, and is done at once.

-- DropIndex
DROP INDEX "tls_negotiation_endpoint_started_at_id_idx";

-- DropIndex
DROP INDEX "transfer_sha256_idx";

-- DropIndex
DROP INDEX "transfer_state_created_at_idx";

-- Ways of an older time: a partner without TLS can be had, and every record of such a connection names the policy.
ALTER TABLE "tls_negotiation" ADD COLUMN "legacy_policy" TEXT;

ALTER TABLE endpoint
  DROP CONSTRAINT endpoint_protocol_check,
  DROP CONSTRAINT endpoint_mode_check,
  ADD CONSTRAINT endpoint_protocol_check CHECK (protocol IN ('ftps', 'ftp', 'local')),
  ADD CONSTRAINT endpoint_mode_check CHECK (mode IN ('explicit', 'implicit', 'plain')),
  ADD CONSTRAINT endpoint_plain_check CHECK ((protocol = 'ftp') = (mode IS NOT DISTINCT FROM 'plain'));

ALTER TABLE tls_negotiation
  DROP CONSTRAINT tls_negotiation_mode_check,
  DROP CONSTRAINT tls_negotiation_verdict_check,
  ADD CONSTRAINT tls_negotiation_mode_check CHECK (mode IN ('explicit', 'implicit', 'plain')),
  ADD CONSTRAINT tls_negotiation_verdict_check CHECK (verdict IN ('accepted', 'refused', 'unprotected')),
  ADD CONSTRAINT tls_negotiation_legacy_policy_check CHECK (legacy_policy IN ('plain_ftp', 'clear_data', 'clear_command_channel', 'auth_tls_c', 'auth_ssl')),
  -- Nothing goes unprotected without a policy that allows it, and nothing unprotected passes for a handshake.
  ADD CONSTRAINT tls_negotiation_unprotected_check CHECK (verdict <> 'unprotected' OR (legacy_policy IS NOT NULL AND protocol IS NULL AND cipher IS NULL));

-- What was configured before there was a choice says its defaults like everything applied from now on.
UPDATE endpoint SET settings = '{"transferType": "binary", "pipelining": false, "keepAliveMs": 30000}' || settings || jsonb_build_object(
    'tls', '{"auth": ["TLS"], "clearCommandChannel": false, "closeNotify": "required"}' || (settings -> 'tls'),
    'passive', '{"command": "auto"}' || (settings -> 'passive'))
  WHERE protocol = 'ftps';
UPDATE transfer_route SET definition = '{"resume": false}' || definition || jsonb_build_object(
    'destination', '{"keepModified": false}' || (definition -> 'destination'));

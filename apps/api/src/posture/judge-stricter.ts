import { legacyPoliciesOf, type PolicyEffect, type StricterPolicy, type TlsVersion } from '#domain';
import type { PostureRecord, SeenConnections } from '#store';

export interface Judgement {
  policy: StricterPolicy;
  effect: PolicyEffect;
  /** Those seen that would not have been made. */
  connections: number;
  says: string;
}

type Verdict = Omit<Judgement, 'policy'>;

/** Pure: what a stricter policy would have done to the connections that were seen. */
export function judgeStricter(record: PostureRecord): Judgement[] {
  const plain = record.endpoint.protocol === 'ftp';
  return (Object.keys(JUDGES) as StricterPolicy[]).map((policy) => ({
    policy,
    ...(plain && policy !== 'no_legacy_policies' ? withoutTls(record) : JUDGES[policy](record)),
  }));
}

const JUDGES: { [Policy in StricterPolicy]: (record: PostureRecord) => Verdict } = {
  no_legacy_policies: judgeLegacy,
  tls_1_3: judgeVersion,
  ciphers_256_bit: judgeCiphers,
  post_quantum_key_exchange: judgeKeyExchange,
  session_reuse_required: judgeSessionReuse,
  close_notify_required: judgeCloseNotify,
  pinned_key: judgePin,
};

const HYBRID_GROUP = 'X25519MLKEM768';

function judgeLegacy({ endpoint, connections }: PostureRecord): Verdict {
  const asked = legacyPoliciesOf(endpoint);
  if (asked.length === 0) return inForce('The endpoint asks for no way of an older time.');
  const used = connections.filter(({ legacyPolicy }) => legacyPolicy !== null);
  const asks = `The endpoint asks for ${asked.join(', ')}`;
  if (sum(used) > 0) return breaks(used, `${asks}; ${outOf(used, connections)} made use of it.`);
  if (sum(accepted(connections)) > 0)
    return holds(`${asks}, and no connection that was seen made use of it.`);
  return unknown(`${asks}; no connection was seen.`);
}

function withoutTls({ connections }: PostureRecord): Verdict {
  const made = connections.filter(({ verdict }) => verdict === 'unprotected');
  return breaks(made, 'The endpoint speaks FTP without TLS.');
}

function judgeVersion({ endpoint, connections, profile }: PostureRecord): Verdict {
  const { minVersion, maxVersion } = endpoint.tls;
  if (minVersion === 'TLSv1.3') return inForce('The endpoint takes nothing below TLS 1.3.');
  const made = accepted(connections);
  const older = made.filter(({ protocol }) => protocol !== 'TLSv1.3');
  const can = profile?.tlsVersions.includes('TLSv1.3');
  const doctor = (does: string) =>
    `The doctor saw on ${day(profile!.probedAt)} that the server ${does} TLS 1.3`;
  // We did not offer it: what was agreed on says nothing of the server.
  if (maxVersion === 'TLSv1.2') {
    if (can === undefined)
      return unknown(`\`tls.maxVersion\` is TLSv1.2, so that TLS 1.3 was never offered. ${ASK_DOCTOR}`);
    return can
      ? holds(`${doctor('takes')}; it is \`tls.maxVersion\` of this endpoint that leaves it out.`)
      : breaks(older, `${doctor('does not take')}.`);
  }
  if (sum(older) > 0) {
    // It takes the newest that both have: before the doctor came, it had not this one.
    if (can && Date.parse(profile!.probedAt) > newest(older).getTime())
      return holds(`${doctor('takes')}, later than the last connection without it.`);
    return breaks(
      older,
      `${outOf(older, made)} did not agree on TLS 1.3, the last on ${day(newest(older))}.`,
    );
  }
  if (sum(made) > 0) return holds(`All ${sum(made)} connections seen agreed on TLS 1.3.`);
  if (can === undefined) return unknown(`No connection was seen. ${ASK_DOCTOR}`);
  return can ? holds(`${doctor('takes')}.`) : breaks([], `${doctor('does not take')}.`);
}

function judgeCiphers(record: PostureRecord): Verdict {
  const made = accepted(record.connections);
  const weaker = made.filter(({ cipher }) => cipher !== null && !isStrong(cipher));
  const can = takesStrongCipher(record);
  const doctor = `on ${day(record.profile?.probedAt ?? '')}, as the doctor saw`;
  if (sum(weaker) > 0) {
    const seen = `${outOf(weaker, made)} agreed on a cipher of 128 bit, the last on ${day(newest(weaker))}`;
    return can
      ? holds(`${seen}; the server took one of 256 bit as well ${doctor}.`)
      : breaks(weaker, `${seen}.`);
  }
  if (sum(made) > 0) return holds(`All ${sum(made)} connections seen agreed on a cipher of 256 bit.`);
  if (can === undefined) return unknown(`No connection was seen. ${ASK_DOCTOR}`);
  return can
    ? holds(`The server took a cipher of 256 bit ${doctor}.`)
    : breaks([], `The server took no cipher of 256 bit ${doctor}.`);
}

function isStrong(cipher: string): boolean {
  return /AES_?256|CHACHA20/.test(cipher);
}

/** Of the newest version that both sides have: a server settles on that before it looks at ciphers. */
function takesStrongCipher({ endpoint, profile }: PostureRecord): boolean | undefined {
  if (!profile) return undefined;
  const { minVersion, maxVersion = 'TLSv1.3' } = endpoint.tls;
  const common = profile.tlsVersions.filter((version) => version >= minVersion && version <= maxVersion);
  const version: TlsVersion | undefined = common.toSorted().at(-1);
  return profile.ciphers.some(
    (cipher) => isStrong(cipher) && cipher.startsWith('TLS_') === (version === 'TLSv1.3'),
  );
}

function judgeKeyExchange({ connections }: PostureRecord): Verdict {
  const made = accepted(connections).filter(
    ({ protocol, keyExchangeGroup }) => keyExchangeGroup !== null || protocol === 'TLSv1.2',
  );
  const classical = made.filter(({ keyExchangeGroup }) => keyExchangeGroup !== HYBRID_GROUP);
  if (sum(classical) > 0)
    return breaks(
      classical,
      `${outOf(classical, made)} exchanged keys without ${HYBRID_GROUP}, the last on ${day(newest(classical))}.`,
    );
  if (sum(made) > 0) return holds(`All ${sum(made)} connections seen exchanged keys with ${HYBRID_GROUP}.`);
  return unknown('No connection was seen.');
}

function judgeSessionReuse({ endpoint, connections, profile }: PostureRecord): Verdict {
  const { sessionReuse } = endpoint.tls;
  if (sessionReuse === 'required') return inForce('The endpoint demands it.');
  const data = accepted(connections).filter(({ channel }) => channel === 'data');
  const can = profile?.sessionReuse;
  if (sessionReuse === 'preferred' && sum(data) > 0) {
    const fresh = data.filter(({ resumed }) => !resumed);
    return sum(fresh) > 0
      ? breaks(fresh, `${outOf(fresh, data, 'data connections')} did not resume a session.`)
      : holds(`All ${sum(data)} data connections seen resumed a session.`);
  }
  if (can === undefined || can === null)
    return unknown(`No data connection was seen on which a session could have been resumed. ${ASK_DOCTOR}`);
  const on = `on ${day(profile!.probedAt)}, as the doctor saw`;
  return can === 'never'
    ? breaks(data, `The server resumed no session ${on}.`)
    : holds(`The server resumed sessions ${on}.`);
}

function judgeCloseNotify({ endpoint, connections }: PostureRecord): Verdict {
  if (endpoint.tls.closeNotify !== 'waived') return inForce('The endpoint demands it.');
  const lists = accepted(connections).filter(({ channel, listing }) => channel === 'data' && listing);
  const cut = lists.filter(({ closeNotify }) => closeNotify === 'not_seen');
  if (sum(cut) > 0)
    return breaks(
      cut,
      `${outOf(cut, lists, 'listings')} ended without close_notify, the last on ${day(newest(cut))}.`,
    );
  if (lists.some(({ closeNotify }) => closeNotify === 'seen'))
    return holds(`None of the ${sum(lists)} listings seen ended without close_notify.`);
  return unknown('No listing was seen.');
}

function judgePin({ endpoint, certificates }: PostureRecord): Verdict {
  const { pins } = endpoint.tls;
  if (pins.length > 0)
    return inForce(`The endpoint pins ${pins.length === 1 ? 'a key' : `${pins.length} keys`}.`);
  const good = certificates.filter(({ verdict }) => verdict === 'accepted');
  const [last] = good;
  if (!last) return unknown('No certificate was seen that was trusted.');
  const others = good.filter(({ spkiSha256 }) => spkiSha256 !== last.spkiSha256);
  const pin = `\`tls.pins: ["sha256/${last.spkiSha256}"]\``;
  if (others.length === 0)
    return holds(`The server showed the same key each time. Once the partner has confirmed it: ${pin}.`);
  return {
    effect: 'breaks',
    connections: others.reduce((all, { count }) => all + count, 0),
    says: `The server showed ${new Set(good.map(({ spkiSha256 }) => spkiSha256)).size} keys; the last is ${pin}.`,
  };
}

const ASK_DOCTOR = '`waybill doctor` finds it out.';

function accepted(connections: readonly SeenConnections[]): SeenConnections[] {
  return connections.filter(({ verdict }) => verdict === 'accepted');
}

function sum(connections: readonly SeenConnections[]): number {
  return connections.reduce((all, { count }) => all + count, 0);
}

function newest(connections: readonly SeenConnections[]): Date {
  return new Date(Math.max(...connections.map(({ lastAt }) => lastAt.getTime())));
}

function outOf(
  some: readonly SeenConnections[],
  all: readonly SeenConnections[],
  noun = 'connections',
): string {
  return `${sum(some)} of ${sum(all)} ${noun} seen`;
}

function day(moment: Date | string): string {
  return (typeof moment === 'string' ? moment : moment.toISOString()).slice(0, 10);
}

function inForce(says: string): Verdict {
  return { effect: 'in_force', connections: 0, says };
}

function holds(says: string): Verdict {
  return { effect: 'holds', connections: 0, says };
}

function breaks(connections: readonly SeenConnections[], says: string): Verdict {
  return { effect: 'breaks', connections: sum(connections), says };
}

function unknown(says: string): Verdict {
  return { effect: 'unknown', connections: 0, says };
}

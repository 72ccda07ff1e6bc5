import { z } from 'zod';
import { LEGACY_POLICIES, POLICY_EFFECTS, STRICTER_POLICIES } from '#domain';
import { verdictSchema } from './objects.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);
const seen = { connections: count, lastSeenAt: instant };
const tlsVersion = z.enum(['TLSv1.2', 'TLSv1.3']);

export const postureSchema = z.strictObject({
  endpoint: z.string(),
  partner: z.string().nullable(),
  protocol: z.enum(['ftps', 'ftp']),
  mode: z.enum(['explicit', 'implicit', 'plain']),
  policy: z
    .strictObject({
      minVersion: tlsVersion,
      maxVersion: tlsVersion.nullable(),
      sessionReuse: z.enum(['required', 'preferred', 'off']),
      dataProtection: z.enum(['private', 'clear']),
      closeNotify: z.enum(['required', 'waived']),
      pins: count,
      authorities: z.enum(['own', 'system']),
    })
    .nullable()
    .describe('What the endpoint demands; null without TLS'),
  legacyPolicies: z.array(z.enum(LEGACY_POLICIES)),
  connections: z
    .strictObject({
      total: count,
      accepted: count,
      refused: count,
      unprotected: count,
      since: instant.nullable(),
      until: instant.nullable(),
    })
    .describe('Of runs, in the time that is asked for: the newest 1,000'),
  versions: z.array(z.strictObject({ version: z.string(), ...seen })),
  ciphers: z.array(z.strictObject({ version: z.string(), cipher: z.string(), ...seen })),
  keyExchanges: z.array(z.strictObject({ group: z.string(), ...seen })),
  refusals: z.array(z.strictObject({ error: z.string(), ...seen })),
  doctor: z
    .strictObject({ probedAt: instant, tlsVersions: z.array(tlsVersion), ciphers: z.array(z.string()) })
    .nullable()
    .describe('What the last examination saw that the server takes'),
  certificates: z
    .array(
      z.strictObject({
        sha256: z.string(),
        spkiSha256: z.string(),
        subject: z.string(),
        issuer: z.string(),
        notBefore: z.string(),
        notAfter: z.string(),
        daysLeft: z.int().nullable().describe('Whole days; below 0: it has expired'),
        pinned: z.boolean(),
        verdict: verdictSchema.describe('Of the last connection that showed it'),
        ...seen,
      }),
    )
    .describe("The server's own; the one that was shown last comes first"),
  stricter: z
    .array(
      z.strictObject({
        policy: z.enum(STRICTER_POLICIES),
        effect: z.enum(POLICY_EFFECTS),
        connections: count.describe('Those seen that would not have been made'),
        says: z.string(),
      }),
    )
    .describe('What would break if more were demanded, judged by what was seen'),
});
export type PostureObject = z.infer<typeof postureSchema>;

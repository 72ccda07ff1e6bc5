import { z } from 'zod';
import { type CapabilityProfile, FINDING_OUTCOMES, type Finding, PROBE_STATES } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { errorSchema, idSchema } from './objects.ts';

const instant = z.iso.datetime();

export const findingSchema = z.strictObject({
  step: z.string().describe('`dns`, `tcp`, `banner`, `certificate`, …'),
  outcome: z.enum(FINDING_OUTCOMES),
  says: z.string().describe('In plain words'),
  set: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional()
    .describe('What to set at this endpoint: path in the configuration -> value'),
  ms: z.number().min(0),
});

export const profileSchema = z.strictObject({
  probedAt: instant,
  tlsVersions: z.array(z.enum(['TLSv1.2', 'TLSv1.3'])),
  ciphers: z.array(z.string()).describe("OpenSSL's names, as the server prefers them"),
  sessionReuse: z.enum(['demanded', 'offered', 'never']).nullable(),
  epsv: z.boolean().nullable(),
  passive: z.enum(['same_address', 'other_address', 'refused']).nullable().describe('What PASV states'),
  listing: z.enum(['mlsd', 'list']).nullable(),
  dialect: z.string().nullable(),
  hashes: z.array(z.string()),
  restart: z.boolean().nullable(),
  renameReplaces: z.boolean().nullable(),
  pipelining: z.boolean().nullable(),
  clockSkewMs: z.number().nullable().describe("The server's clock minus ours"),
});

export const probeSchema = z.strictObject({
  id: idSchema,
  endpoint: z.string(),
  requestedBy: z.string(),
  folder: z.string().nullable(),
  workerTag: z.string().nullable(),
  state: z.enum(PROBE_STATES).describe('`done`: it came to its end, whatever it found'),
  findings: z.array(findingSchema).describe('So far, in the order in which they were made'),
  profile: profileSchema
    .nullable()
    .describe('What the endpoint can do, null where not examined; null as a whole where nobody was let in'),
  error: errorSchema.nullable().describe('Why there was no examination, or no end of it'),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
export type ProbeObject = z.infer<typeof probeSchema>;

/** Domain and schema say the same: a field that one of them lacks does not compile. */
const findingFits = (finding: Finding): z.input<typeof findingSchema> => finding;
const profileFits = (profile: CapabilityProfile): z.input<typeof profileSchema> => profile;
void [findingFits, profileFits];

export const requestProbeSchema = z.strictObject({
  folder: z
    .string()
    .max(1_000)
    .regex(/^\/[^\p{Cc}]*$/u, 'must be an absolute path')
    .optional()
    .describe('Where the doctor may write, rename and delete files of its own'),
  workerTag: nameSchema.optional().describe('For a worker that carries it, as with routes'),
});
export type RequestProbe = z.input<typeof requestProbeSchema>;

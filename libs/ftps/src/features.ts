import type { Reply } from './reply-reader.ts';

/** What FEAT (RFC 2389 section 3.2) announced, by upper-case name. */
export type Features = ReadonlyMap<string, string>;

/** Lines of a 211 reply between the first and the last, each with one leading space; sloppy servers send none or two. */
export function readFeatures(reply: Reply): Features {
  const features = new Map<string, string>();
  if (reply.code !== 211) return features;
  for (const line of reply.lines.slice(1, -1)) {
    const match = /^\s*(?:211-\s*)?([A-Za-z][A-Za-z0-9-]*)(?: (.*))?$/.exec(line);
    if (match) features.set(match[1]!.toUpperCase(), (match[2] ?? '').trim());
  }
  return features;
}

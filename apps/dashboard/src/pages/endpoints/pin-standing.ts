import type { PostureObject } from '#contract';

type Certificate = PostureObject['certificates'][number];

export interface PinStanding {
  pin: string;
  /** `staged`: no server has shown this key yet; `earlier`: another key is shown now. */
  standing: 'in_use' | 'staged' | 'earlier';
  lastSeenAt: string | undefined;
}

export interface PinsStanding {
  pins: PinStanding[];
  /** The key that the server shows now, where no pin matches it. */
  stranger: Certificate | undefined;
}

export function pinOf({ spkiSha256 }: Pick<Certificate, 'spkiSha256'>): string {
  return `sha256/${spkiSha256}`;
}

/** Which pin is in use, which waits for the partner's next key, and whether the peer shows one that is none of them. */
export function judgePins(pins: readonly string[], certificates: readonly Certificate[]): PinsStanding {
  // The one that was shown last comes first.
  const [shown] = certificates;
  return {
    pins: pins.map((pin): PinStanding => {
      const seen = certificates.find((certificate) => pinOf(certificate) === pin);
      if (!seen) return { pin, standing: 'staged', lastSeenAt: undefined };
      const standing = shown && pinOf(shown) === pin ? 'in_use' : 'earlier';
      return { pin, standing, lastSeenAt: seen.lastSeenAt };
    }),
    stranger: pins.length > 0 && shown && !pins.includes(pinOf(shown)) ? shown : undefined,
  };
}

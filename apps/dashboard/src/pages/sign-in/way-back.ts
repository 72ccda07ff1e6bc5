const HERE = 'https://waybill.invalid';

/** To what was asked for before sign-in. Only to a page of this place: an address from a link must not lead elsewhere. */
export function wayBack(to: string | undefined): string {
  if (to === undefined || !URL.canParse(to, HERE)) return '/';
  const { origin, pathname, search, hash } = new URL(to, HERE);
  // `/.//elsewhere` is a path here, and another host as soon as a browser reads it again.
  if (origin !== HERE || pathname.startsWith('//') || pathname === '/sign-in') return '/';
  return `${pathname}${search}${hash}`;
}

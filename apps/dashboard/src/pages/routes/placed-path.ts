/** What a template may say of the run; as the engine fills it in. */
export interface RunMoment {
  at: Date;
  /** Of the schedule; UTC without one, or where it is no zone. */
  timezone: string | undefined;
  parameters: Readonly<Record<string, string>>;
}

interface Places {
  source: string;
  destination: string;
  /** `{stem}-{date}{extension}` */
  name: string;
}

/** Where a file that was found would go, as the engine places it; undefined where the template makes no name of it. */
export function placedPath(
  found: string,
  { source, destination, name }: Places,
  moment: RunMoment,
): string | undefined {
  const cut = found.lastIndexOf('/');
  const below = found.slice(source === '/' ? 1 : source.length + 1, Math.max(cut, 0));
  const directory = below === '' ? destination : `${destination.replace(/\/$/, '')}/${below}`;
  const made = expand(name, { ...ofTheRun(moment), ...ofTheName(found.slice(cut + 1)) });
  if (made === '' || made === '.' || made === '..' || /[/\p{Cc}]/u.test(made)) return undefined;
  return `${directory.replace(/\/$/, '')}/${made}`;
}

/** `a.tar.gz`: the stem is `a.tar`. */
function ofTheName(name: string): Record<string, string> {
  const dot = name.lastIndexOf('.');
  return { name, stem: dot > 0 ? name.slice(0, dot) : name, extension: dot > 0 ? name.slice(dot) : '' };
}

function ofTheRun({ at, timezone = 'UTC', parameters }: RunMoment): Record<string, string> {
  const given = Object.entries(parameters).map(([name, value]) => [`param.${name}`, value] as const);
  return { ...Object.fromEntries(given), ...clockParts(at, timezone) };
}

/** `20261121` and `021500`. */
function clockParts(at: Date, timeZone: string): { date: string; time: string } {
  const parts = formatIn(timeZone).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  return {
    date: `${of('year').padStart(4, '0')}${of('month')}${of('day')}`,
    time: `${of('hour')}${of('minute')}${of('second')}`,
  };
}

function formatIn(timeZone: string): Intl.DateTimeFormat {
  const options = {
    calendar: 'iso8601',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  } as const;
  try {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' });
  }
}

/** One pass: what was filled in is not expanded again. */
function expand(template: string, parts: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+(?:\.\w+)?)\}/g, (placeholder, word: string) =>
    Object.hasOwn(parts, word) ? parts[word]! : placeholder,
  );
}

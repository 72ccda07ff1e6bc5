import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';

/** One thing that is wrong, and where. */
export interface ConfigurationProblem {
  file: string;
  line: number;
  column: number;
  /** `routes[0].schedule.cron`; empty for the file as a whole. */
  path: string;
  message: string;
  /** The valid name that was most likely meant. */
  nearest?: string | undefined;
}

export type Path = readonly (string | number)[];

const MOST_CHARACTERS = 4 * 1024 * 1024;

/**
 * A YAML text that remembers the place of everything in it, and collects what is wrong with it; or plain values, as a
 * request has them, where everything stands on line 1.
 */
export class ConfigurationText {
  readonly problems: ConfigurationProblem[] = [];
  /** Plain values; undefined when the text is not YAML at all. */
  readonly raw: unknown;
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #document: Document.Parsed | undefined;

  constructor(source: string | { values: unknown }, file: string) {
    this.#file = file;
    if (typeof source !== 'string') {
      this.raw = source.values;
      return;
    }
    const text = source;
    const tooLong = text.length > MOST_CHARACTERS;
    this.#document = parseDocument(tooLong ? '' : text, { lineCounter: this.#lines, prettyErrors: false });
    if (tooLong) this.#add(0, [], `longer than ${MOST_CHARACTERS} characters`);
    // A warning is a value that YAML understood otherwise than it was written.
    for (const error of [...this.#document.errors, ...this.#document.warnings])
      this.#add(error.pos[0], [], error.message);
    this.raw = this.problems.length > 0 ? undefined : this.#plainValues(this.#document);
  }

  /** At the value, or at the nearest thing around it that is there. */
  report(path: Path, message: string, nearest?: string): void {
    this.#add(this.#offsetOf(path, 'value'), path, message, nearest);
  }

  /** At the key itself. */
  reportKey(path: Path, message: string, nearest?: string): void {
    this.#add(this.#offsetOf(path, 'key'), path, message, nearest);
  }

  #plainValues(document: Document.Parsed): unknown {
    try {
      return document.toJS({ maxAliasCount: 100 });
    } catch {
      this.#add(0, [], 'too many aliases: write the values out');
      return undefined;
    }
  }

  #add(offset: number, path: Path, message: string, nearest?: string): void {
    const { line, col } = this.#document ? this.#lines.linePos(offset) : { line: 1, col: 1 };
    this.problems.push({
      file: this.#file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      path: showPath(path),
      message,
      ...(nearest !== undefined && { nearest }),
    });
  }

  #offsetOf(path: Path, part: 'key' | 'value'): number {
    let node: unknown = this.#document?.contents;
    let offset = offsetIn(node) ?? 0;
    for (const [depth, step] of path.entries()) {
      if (this.#document && isAlias(node)) node = node.resolve(this.#document);
      const last = depth === path.length - 1;
      if (isSeq(node) && typeof step === 'number') node = node.items[step];
      else if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        if (!pair) return offset;
        offset = offsetIn(pair.key) ?? offset;
        if (last && part === 'key') return offset;
        node = pair.value;
      } else return offset;
      offset = offsetIn(node) ?? offset;
    }
    return offset;
  }
}

function offsetIn(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** `['routes', 0, 'name']` -> `routes[0].name` */
export function showPath(path: Path): string {
  return path.reduce<string>((shownSoFar, step) => {
    if (typeof step === 'number') return `${shownSoFar}[${step}]`;
    return shownSoFar === '' ? step : `${shownSoFar}.${step}`;
  }, '');
}

/** `exchange.yaml:12:5 routes[0].lanez: unknown key; did you mean `lanes`?` */
export function describeProblem(problem: ConfigurationProblem): string {
  const place = `${problem.file}:${problem.line}:${problem.column}`;
  const what = problem.path === '' ? problem.message : `${problem.path}: ${problem.message}`;
  const hint = problem.nearest === undefined ? '' : `; did you mean \`${problem.nearest}\`?`;
  return `${place} ${what}${hint}`;
}

/** The plain value at a path, as far as the text has one. */
export function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      value !== null && typeof value === 'object' && Object.hasOwn(value, step)
        ? (value as Record<string | number, unknown>)[step]
        : undefined,
    raw,
  );
}

/** The entries of a list of the file, each with its place; none when it is no list. */
export function entries(source: ConfigurationText, list: string): { value: unknown; path: Path }[] {
  const values = valueAt(source.raw, [list]);
  return Array.isArray(values) ? values.map((value, index) => ({ value, path: [list, index] })) : [];
}

export function textAt(raw: unknown, path: Path): string | undefined {
  const value = valueAt(raw, path);
  return typeof value === 'string' ? value : undefined;
}

/** One import of a source file, in whatever form it is written. */
export interface ImportStatement {
  /** `#ftps`, `node:fs`, `./order.ts`; undefined when it is computed and cannot be checked. */
  specifier: string | undefined;
  typeOnly: boolean;
  /** What stands between `import` and `from`. */
  clause: string;
  line: number;
}

export interface SourceText {
  imports: ImportStatement[];
  /** The code without comments; strings and regular expressions are replaced by empty ones. */
  code: string;
  /** The contents of its strings. */
  strings: string[];
}

const QUOTE = '\u0001';
const COMMENT = String.raw`//[^\n]*|/\*[\s\S]*?\*/`;
const STRING = String.raw`'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"`;
const TEMPLATE = '`(?:\\\\[\\s\\S]|[^`\\\\])*`';
/** A slash begins a regular expression only where a value may begin. */
const REGULAR_EXPRESSION = String.raw`(?<=(?:^|[(,=:[!&|?{};+\n]|=>|return|case)\s*)/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+/[a-z]*`;
const TOKEN = new RegExp(`${COMMENT}|${STRING}|${TEMPLATE}|${REGULAR_EXPRESSION}`, 'g');

const QUOTED = `${QUOTE}(\\d+)${QUOTE}`;
const FORMS = [
  new RegExp(`\\b(?:import|export)\\s+(type\\s)?([\\w$\\s{},*]*?)\\s*\\bfrom\\s*${QUOTED}`, 'g'),
  new RegExp(`\\bimport\\s*()()${QUOTED}`, 'g'),
  new RegExp(`\\b(?:import|require|getBuiltinModule)\\s*\\(\\s*()()(?:${QUOTED})?`, 'g'),
] as const;

/** A lexer, not a parser: enough for import statements in formatted code, and free of the compiler. */
export function readSource(text: string): SourceText {
  const strings: string[] = [];
  const masked = text.replace(TOKEN, (token) => {
    const lines = token.replace(/[^\n]/g, '');
    if (token.startsWith('//') || token.startsWith('/*')) return ` ${lines}`;
    if (token.startsWith('/')) return `/./${lines}`;
    strings.push(token.slice(1, -1));
    return `${QUOTE}${strings.length - 1}${QUOTE}${lines}`;
  });
  const imports = FORMS.flatMap((form) =>
    [...masked.matchAll(form)].map((match) => ({
      specifier: match[3] === undefined ? undefined : strings[Number(match[3])],
      typeOnly: Boolean(match[1]),
      clause: match[2] ?? '',
      line: masked.slice(0, match.index).split('\n').length,
    })),
  );
  return { imports, code: masked.replace(new RegExp(QUOTED, 'g'), "''"), strings };
}

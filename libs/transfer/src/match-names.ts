import { RE2JS } from 're2js';
import { type LeftReason, type Selection, TransferError } from '#domain';
import { matchGlobs } from './match-glob.ts';

export type NameTest = (relativePath: string) => boolean;

/** Why the route does not mean a name; undefined: it does. */
export type NameVerdict = Extract<LeftReason, 'not_selected' | 'excluded'> | undefined;

/** Which files of the listing the route means, by their path below `path`: globs, or one regular expression. */
export function judgeNames({ select, exclude, regex }: Selection): (relativePath: string) => NameVerdict {
  const wanted = regex === undefined ? matchGlobs(select) : matchExpression(regex);
  const unwanted = matchGlobs(exclude);
  return (relativePath) => {
    if (!wanted(relativePath)) return 'not_selected';
    return unwanted(relativePath) ? 'excluded' : undefined;
  };
}

/**
 * The whole text has to match, as with globs. RE2 tries no alternatives one after the other: its time grows with the
 * length of the name, whatever a route says and a partner names his files.
 */
export function matchExpression(expression: string): NameTest {
  try {
    const compiled = RE2JS.compile(expression);
    return (relativePath) => compiled.matches(relativePath);
  } catch (error) {
    throw new TransferError('invalid_configuration', {
      phase: 'list',
      detail: `\`source.regex\` of the route is not a regular expression: ${error instanceof Error ? error.message : String(error)}`,
      cause: error,
    });
  }
}

import {
  type Placement,
  parameterValueProblem,
  type RunParameters,
  type Selection,
  substituteParameters,
  TransferError,
} from '#domain';

/** What a template of a name knows of them: `{param.day}`. */
export function parameterParts(parameters: RunParameters = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`param.${name}`, value]));
}

/**
 * The folders and patterns that a run means; the template of its names is expanded with the names themselves, in one pass.
 * @throws TransferError where a value would lead out of its folder, or the run onto its own source
 */
export function inFolders(
  source: Selection,
  destination: Placement,
  parameters: RunParameters = {},
): { selection: Selection; placement: Placement } {
  for (const [name, value] of Object.entries(parameters)) {
    const problem = parameterValueProblem(value);
    if (problem !== undefined) throw refused(`The value of the parameter ${name} ${problem}.`);
  }
  const put = (template: string, spell?: (value: string) => string) => {
    try {
      return substituteParameters(template, parameters, spell);
    } catch (cause) {
      throw refused(`\`${template}\` of the route asks for a parameter that the run does not have.`, cause);
    }
  };
  // The template of the names is expanded later: what it asks for is missed now.
  put(destination.name);
  const selection = {
    ...source,
    path: put(source.path),
    select: source.select.map((glob) => put(glob, literally)),
    exclude: source.exclude.map((glob) => put(glob, literally)),
  };
  const placement = { ...destination, path: put(destination.path) };
  if (Object.keys(parameters).length > 0 && isSame(selection, placement))
    throw refused(`The destination ${placement.path} is the source itself, with these parameters.`);
  return { selection, placement };
}

/** In a pattern a value stands for itself: a `*` that a caller gives selects no file more. */
function literally(value: string): string {
  return value.replace(/[^\p{L}\p{N}_]/gu, '\\$&');
}

function isSame(selection: Selection, placement: Placement): boolean {
  return (
    selection.endpoint === placement.endpoint &&
    selection.path === placement.path &&
    placement.name === '{name}'
  );
}

function refused(detail: string, cause?: unknown): TransferError {
  return new TransferError('invalid_configuration', { phase: 'list', detail, cause });
}

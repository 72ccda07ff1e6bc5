import type { Plugin } from 'vite';
import { fullPath, listOperations } from '#contract';

const NAME = 'virtual:operations';
/** For the page that shows who may what; apart from the table, which the first page has to load. */
const SUMMARIES = 'virtual:operation-summaries';

/**
 * What the browser needs of the contract's table at run time: method, address, answer and who may. The schemas stay
 * where requests are judged, in the api; their types are there for the compiler.
 */
export function operationTable(): Plugin {
  return {
    name: 'operation-table',
    resolveId: (id) => (id === NAME || id === SUMMARIES ? `\0${id}` : undefined),
    load(id) {
      if (id === `\0${SUMMARIES}`) return `export default ${JSON.stringify(summaries())}`;
      if (id !== `\0${NAME}`) return undefined;
      const table = Object.fromEntries(
        listOperations().map(({ id: name, operation }) => [
          name,
          {
            method: operation.method,
            path: fullPath(operation),
            answers: 'contentType' in operation.success ? operation.success.contentType : 'application/json',
            access: operation.access,
            ...(operation.only && { only: operation.only }),
          },
        ]),
      );
      return `export default ${JSON.stringify(table)}`;
    },
  };
}

function summaries(): Record<string, string> {
  return Object.fromEntries(listOperations().map(({ id, operation }) => [id, operation.summary]));
}

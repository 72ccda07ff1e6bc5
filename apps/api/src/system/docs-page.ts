import { createHash } from 'node:crypto';
import type { OpenApiDocument } from '#contract';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2430}
h2{font:600 1rem ui-monospace,monospace;margin:2.5rem 0 .25rem}h2 b{color:#0b5cad;margin-right:.5rem}
pre{background:#f3f5f8;padding:.75rem;overflow:auto;font-size:.8rem}table{border-collapse:collapse}
td{padding:.1rem .75rem .1rem 0;vertical-align:top}summary{cursor:pointer}`;

/** The page may show this style and nothing else. */
export const STYLE_SOURCE = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

interface DescribedOperation {
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: unknown }[];
  requestBody?: unknown;
  responses: Record<string, { description: string }>;
}

/** The document for reading: no script, nothing fetched from elsewhere. */
export function renderDocs(document: OpenApiDocument): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      renderOperation(method, path, operation as DescribedOperation),
    ),
  );
  const schemas = Object.entries(document.components.schemas).map(
    ([name, schema]) =>
      `<details id="${escapeHtml(name)}"><summary>${escapeHtml(name)}</summary>${asJson(schema)}</details>`,
  );
  const { title, version, description } = document.info;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(title)} API</title><style>${STYLE}</style>
<h1>${escapeHtml(title)} API ${escapeHtml(version)}</h1><p>${escapeHtml(description)}</p>
<p>Send <code>Authorization: Bearer wbk_…</code>. The same as JSON: <code>/api/v1/openapi.json</code></p>
${operations.join('\n')}<h1>Objects</h1>${schemas.join('\n')}</html>
`;
}

function renderOperation(method: string, path: string, operation: DescribedOperation): string {
  const parameters = operation.parameters.map(
    ({ name, in: place, required, schema }) =>
      `<tr><td><code>${escapeHtml(name)}</code><td>${escapeHtml(place)}${required ? ', required' : ''}<td><code>${escapeHtml(JSON.stringify(schema))}</code>`,
  );
  const responses = Object.entries(operation.responses).map(
    ([status, { description }]) => `<tr><td>${escapeHtml(status)}<td>${escapeHtml(description)}`,
  );
  return `<h2><b>${escapeHtml(method.toUpperCase())}</b>${escapeHtml(path)}</h2><p>${escapeHtml(operation.summary)}</p>
<table>${parameters.join('')}</table>${operation.requestBody ? asJson(operation.requestBody) : ''}<table>${responses.join('')}</table>`;
}

function asJson(value: unknown): string {
  return `<pre>${escapeHtml(JSON.stringify(value, null, 1))}</pre>`;
}

function escapeHtml(text: string): string {
  return text.replace(
    /[&<>"']/g,
    (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[character] ?? '&#39;',
  );
}

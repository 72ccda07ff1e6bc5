import type { NextFunction, Request, Response } from 'express';
import { DASHBOARD_SECTIONS } from '#contract';
import type { DashboardFile, DashboardFiles } from './dashboard-files.ts';

/** Scripts and styles are files of our own; nothing inline, nothing from elsewhere, and text stays text (trusted types). */
const POLICY = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  "require-trusted-types-for 'script'",
].join('; ');

const A_YEAR_S = 365 * 24 * 60 * 60;

/**
 * The pages and what they are made of, for anybody: they hold no data, and sign-in is one of them. Files are known by their
 * exact address; every address of a page gets the one page, which finds out itself what it shows.
 */
export function serveDashboard({ page, files }: DashboardFiles) {
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return void next();
    const file = files.get(request.path) ?? (isPage(request.path) ? page : undefined);
    if (!file) return void next();
    response.setHeader('Content-Security-Policy', POLICY);
    answer(file, request, response);
  };
}

function isPage(path: string): boolean {
  return DASHBOARD_SECTIONS.has(path.split('/')[1] ?? '');
}

function answer(
  { type, body, gzipped, immutable }: DashboardFile,
  request: Request,
  response: Response,
): void {
  const small = request.acceptsEncodings('gzip') === 'gzip';
  response.setHeader('Content-Type', type);
  response.setHeader('Vary', 'Accept-Encoding');
  // The page itself is asked for anew each time (the gate says no-store): it names the files of this release.
  if (immutable) response.setHeader('Cache-Control', `public, max-age=${A_YEAR_S}, immutable`);
  if (small) response.setHeader('Content-Encoding', 'gzip');
  const sent = small ? gzipped : body;
  response.setHeader('Content-Length', sent.length);
  response.end(request.method === 'HEAD' ? undefined : sent);
}

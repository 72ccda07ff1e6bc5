import type { NextFunction, Request, Response } from 'express';
import { bindWork, type Tracer } from '#telemetry';
import type { WaybillRequest } from '../http/operation.ts';

/**
 * One span for each request, and its id in every line that is logged for it. Behind the gate, which gives the id. The span is
 * named by the row of the table: addresses hold names.
 */
export function traceRequests(tracer: Tracer) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { requestId } = request as WaybillRequest;
    const attributes = { 'http.request.method': request.method, 'waybill.request_id': requestId };
    void bindWork({ requestId }, () =>
      tracer.span('request', { attributes }, async () => {
        const closed = new Promise((resolve) => response.once('close', resolve));
        next();
        await closed;
        tracer.annotate({
          'http.response.status_code': response.statusCode,
          ...(request.route !== undefined && {
            'http.route': String((request.route as { path: unknown }).path),
          }),
        });
      }),
    );
  };
}

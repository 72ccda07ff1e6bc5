/** `__Host-`: no other host, no other path and no plain connection can set or read it (RFC 6265bis, section 4.1.3.2). */
export const SESSION_COOKIE = '__Host-waybill';
/** A form or an image of another page cannot send a header of its own. */
export const CSRF_HEADER = 'X-Waybill-Csrf';

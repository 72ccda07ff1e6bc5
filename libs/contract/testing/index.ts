export { partnerServer, server, text, WITHOUT_TLS } from './arbitrary-endpoint.ts';

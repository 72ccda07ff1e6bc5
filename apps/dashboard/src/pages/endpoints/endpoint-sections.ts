import type { ENDPOINT_SECTIONS } from './endpoint-fields.ts';

export type SectionId = keyof typeof ENDPOINT_SECTIONS;

export const SECTION_TITLES: Readonly<Record<SectionId, { title: string; says: string }>> = {
  common: { title: 'Where and as whom', says: 'server, login, sessions at once' },
  trust: { title: 'Trust', says: 'authorities, pinned keys, name in the certificate' },
  clientCertificate: { title: 'Our own certificate', says: 'for servers that ask for one' },
  tls: { title: 'TLS', says: 'versions, session reuse' },
  data: { title: 'Data connections', says: 'passive, active, addresses' },
  proxy: { title: 'Proxy', says: 'SOCKS 5 or HTTP CONNECT' },
  server: { title: 'Habits of the server', says: 'encoding, signs of life, pipelining, account' },
  mainframe: { title: 'Mainframe', says: 'SITE settings of z/OS' },
  legacy: { title: 'Legacy', says: 'gives up protection; refused unless the installation allows it' },
};

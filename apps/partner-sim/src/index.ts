export {
  type Authority,
  type CertificateRequest,
  type Identity,
  issueCertificate,
  makeAuthority,
} from './certificates.ts';
export { type DemoPartner, startDemoPartner } from './demo-partner.ts';
export type { Command } from './dialogue.ts';
export type { Faults, Piece } from './faults.ts';
export {
  type PartnerSim,
  type PartnerSimOptions,
  type ServerIdentity,
  startPartnerSim,
} from './partner-sim.ts';
export type { SeenHandshake } from './tls-accept.ts';

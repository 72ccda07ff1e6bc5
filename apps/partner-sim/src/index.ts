export {
  type Authority,
  type CertificateRequest,
  type Identity,
  issueCertificate,
  makeAuthority,
  selfSignedCertificate,
} from './certificates.ts';
export type { HeardCommand } from './control-session.ts';
export { type DemoPartner, startDemoPartner } from './demo-partner.ts';
export type { Command } from './dialogue.ts';
export type { Faults, Piece } from './faults.ts';
export type { WireFault } from './faulty-wire.ts';
export {
  type PartnerSim,
  type PartnerSimOptions,
  type ServerIdentity,
  startPartnerSim,
} from './partner-sim.ts';
export type { TlsOffer } from './server-tls.ts';
export type { SeenHandshake } from './tls-accept.ts';

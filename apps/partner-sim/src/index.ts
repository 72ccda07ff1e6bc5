export {
  type Authority,
  type CertificateRequest,
  type Identity,
  issueCertificate,
  makeAuthority,
} from './certificates.ts';
export { type DemoPartner, startDemoPartner } from './demo-partner.ts';
export type { Faults } from './faults.ts';
export { type PartnerSim, type PartnerSimOptions, startPartnerSim } from './partner-sim.ts';
export type { SeenHandshake } from './tls-accept.ts';

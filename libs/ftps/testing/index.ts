export { type CertificateRequest, selfSigned, TestAuthority, type TestCertificate } from './certificates.ts';
export { type Script, ScriptedServer } from './scripted-server.ts';
export { endpointAt, pinOf, type SessionWish, sessionAt, Witness } from './session-at.ts';

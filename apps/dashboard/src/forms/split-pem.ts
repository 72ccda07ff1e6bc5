const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

export interface SplitPem {
  certificates: string[];
  /** Something that is no certificate; a private key has no business here. */
  problem: string | undefined;
}

/** A file or a pasted text with one certificate or several, one by one. */
export function splitPem(text: string): SplitPem {
  const blocks = [...text.matchAll(BLOCK)];
  const isCertificate = (label: string | undefined) =>
    label === 'CERTIFICATE' || label === 'TRUSTED CERTIFICATE';
  const certificates = blocks
    .filter(([, label]) => isCertificate(label))
    .map(([block]) => `${block.replaceAll('\r\n', '\n')}\n`);
  if (blocks.some(([, label]) => label?.endsWith('PRIVATE KEY')))
    return { certificates, problem: 'There is a private key in it. It was left out; store it as a secret.' };
  if (certificates.length > 0) return { certificates, problem: undefined };
  return {
    certificates,
    problem: 'There is no certificate in PEM form in it (-----BEGIN CERTIFICATE-----).',
  };
}

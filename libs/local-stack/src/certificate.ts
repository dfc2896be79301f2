import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectAltName,
  id_ce_subjectKeyIdentifier,
  id_kp_clientAuth,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

/** A certificate with its private key (ECDSA P-256), both PEM. */
export interface KeyedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  /** DNS names, IP addresses and URIs; which is which is seen by their form. */
  readonly names: readonly string[];
  readonly days: number;
  readonly nowMs: number;
  /** What the certificate is for; a CA signs others. */
  readonly use: 'ca' | 'server' | 'service';
  /** Who signs; absent: itself. */
  readonly issuer?: KeyedCertificate;
}

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonNameType = '2.5.4.3';
const dayMs = 86_400_000;
/** Clocks of agents may be behind the hub's. */
const backdatedMs = 60 * 60_000;
const serialBytes = 16;

const extension = (extnID: string, value: unknown, critical = false): Extension =>
  new Extension({ extnID, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });

const nameOf = (commonName: string): Name => {
  const value = new AttributeValue({ utf8String: commonName });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonNameType, value })])]);
};

function generalName(name: string): GeneralName {
  if (isIP(name)) return new GeneralName({ iPAddress: name });
  return new GeneralName(name.includes('://') ? { uniformResourceIdentifier: name } : { dNSName: name });
}

/** RFC 5280, 4.2.1.2, method 1. */
const keyIdentifier = (info: SubjectPublicKeyInfo): Buffer =>
  createHash('sha1').update(Buffer.from(info.subjectPublicKey)).digest();

const derOf = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

const pemOf = (der: ArrayBuffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  ).join('\n')}\n-----END CERTIFICATE-----\n`;

/** Makes a key and a certificate of it (RFC 5280). */
export function issueCertificate(request: CertificateRequest): KeyedCertificate {
  const { commonName, names, days, nowMs, use, issuer } = request;
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const info = AsnConvert.parse(pair.publicKey.export({ type: 'spki', format: 'der' }), SubjectPublicKeyInfo);
  const parent = issuer && AsnConvert.parse(derOf(issuer.cert), Certificate).tbsCertificate;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const serial = randomBytes(serialBytes);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40; // positive, and never shortened
  const isCa = use === 'ca';
  const usage = isCa ? KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign : KeyUsageFlags.digitalSignature;
  const subjectNames = new SubjectAlternativeName(names.map(generalName));
  const purposes = new ExtendedKeyUsage(use === 'service' ? [id_kp_serverAuth, id_kp_clientAuth] : [id_kp_serverAuth]);
  const authority = new AuthorityKeyIdentifier({
    keyIdentifier: new KeyIdentifier(keyIdentifier(parent?.subjectPublicKeyInfo ?? info)),
  });
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array(serial).buffer,
    signature: signatureAlgorithm,
    issuer: parent?.subject ?? nameOf(commonName),
    validity: new Validity({ notBefore: new Date(nowMs - backdatedMs), notAfter: new Date(nowMs + days * dayMs) }),
    subject: nameOf(commonName),
    subjectPublicKeyInfo: info,
    extensions: new Extensions([
      extension(id_ce_basicConstraints, new BasicConstraints({ cA: isCa }), true),
      extension(id_ce_keyUsage, new KeyUsage(usage), true),
      extension(id_ce_subjectKeyIdentifier, new SubjectKeyIdentifier(keyIdentifier(info))),
      extension(id_ce_authorityKeyIdentifier, authority),
      ...(isCa ? [] : [extension(id_ce_extKeyUsage, purposes)]),
      ...(names.length === 0 ? [] : [extension(id_ce_subjectAltName, subjectNames)]),
    ]),
  });
  const signer = createPrivateKey(issuer?.key ?? key);
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(body)), signer);
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm,
    signatureValue: new Uint8Array(signature).buffer,
  });
  return { cert: pemOf(AsnConvert.serialize(certificate)), key };
}

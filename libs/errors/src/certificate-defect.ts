/** What a peer's certificate lacks. `unknown-issuer`: another CA could vouch for it. */
export type CertificateDefect = 'unknown-issuer' | 'wrong-name' | 'expired' | 'not-valid-yet' | 'other';

/** node's names of OpenSSL's X509_V_ERR_* (node:tls, "X509 certificate error codes"), and its own of a wrong name. */
const defects: Readonly<Record<string, CertificateDefect>> = Object.freeze({
  DEPTH_ZERO_SELF_SIGNED_CERT: 'unknown-issuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unknown-issuer',
  CERT_SIGNATURE_FAILURE: 'unknown-issuer',
  CERT_UNTRUSTED: 'unknown-issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong-name',
  HOSTNAME_MISMATCH: 'wrong-name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-valid-yet',
  CERT_REVOKED: 'other',
  CERT_REJECTED: 'other',
  CERT_CHAIN_TOO_LONG: 'other',
  INVALID_CA: 'other',
  INVALID_PURPOSE: 'other',
  PATH_LENGTH_EXCEEDED: 'other',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'other',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'other',
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 'other',
  ERROR_IN_CERT_NOT_AFTER_FIELD: 'other',
});

/**
 * Why a peer's certificate was refused, by the `code` of the error that node gives; undefined where the connection
 * failed for another reason.
 *
 * @example
 * certificateDefect('CERT_HAS_EXPIRED'); // 'expired'
 */
export const certificateDefect = (code: string | undefined): CertificateDefect | undefined =>
  code !== undefined && Object.hasOwn(defects, code) ? defects[code] : undefined;

const uri = /(?:^|, )URI:drover:\/\/service\/([a-z-]+)(?:,|$)/;

/** The URI in the certificate of one of the hub's services; it says who connects, whatever the host is called. */
export const serviceUri = (service: string): string => `drover://service/${service}`;

/**
 * The service that a certificate of the hub's internal CA belongs to; undefined where it names none.
 * `subjectaltname` is node's text form (`TLSSocket.getPeerCertificate()`).
 */
export const serviceOfCertificate = (certificate: { readonly subjectaltname?: string }): string | undefined =>
  uri.exec(certificate.subjectaltname ?? '')?.[1];

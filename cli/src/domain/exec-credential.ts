/** What a client-go exec plugin prints (KEP-541, `client.authentication.k8s.io/v1`). */
export interface ExecCredential {
  readonly apiVersion: 'client.authentication.k8s.io/v1';
  readonly kind: 'ExecCredential';
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

/** The credential of a token; client-go asks again when the time has come. */
export const execCredential = (token: string, expiresAt: string): ExecCredential => ({
  apiVersion: 'client.authentication.k8s.io/v1',
  kind: 'ExecCredential',
  status: { token, expirationTimestamp: expiresAt },
});

import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { startTlsServer, type TlsServer } from './tls-server.ts';

/** An issuer that says what a test wants, true or not. */
export interface LyingIssuer extends AsyncDisposable {
  readonly url: string;
  readonly ca: string;
  /** What its token endpoint answers as the ID token of the next code. */
  idToken: string;
  /** What its discovery document says besides, or instead. */
  readonly metadata: Record<string, unknown>;
  /** Its public keys, as it publishes them. */
  jwks(): Promise<string>;
  /** Signs with its own key, or with another. */
  sign(claims: JWTPayload, header?: { alg?: string; kid?: string }): Promise<string>;
  /** As {@link sign}, with a key that it does not publish. */
  signWithAnother(claims: JWTPayload): Promise<string>;
  /** `alg: none`, with no signature. */
  unsigned(claims: JWTPayload): string;
  /** HS256 with its public key, as PEM, for a secret. */
  signWithPublicKey(claims: JWTPayload): Promise<string>;
  readonly server: TlsServer;
}

/** Starts an issuer with one RSA key, `one`. */
export async function startLyingIssuer(): Promise<LyingIssuer> {
  const server = await startTlsServer();
  const keys = await generateKeyPair('RS256', { extractable: true });
  const others = await generateKeyPair('RS256', { extractable: true });
  const publicJwk = { ...(await exportJWK(keys.publicKey)), kid: 'one', use: 'sig', alg: 'RS256' };
  const json = (value: unknown) => JSON.stringify(value);
  const part = (value: unknown): string => Buffer.from(json(value)).toString('base64url');
  const self: LyingIssuer = {
    url: server.url,
    ca: server.ca,
    idToken: '',
    metadata: {
      issuer: server.url,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      jwks_uri: `${server.url}/jwks`,
      response_types_supported: ['code'],
      authorization_response_iss_parameter_supported: true,
    },
    jwks: async () => json({ keys: [publicJwk] }),
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one', ...header }).sign(keys.privateKey),
    signWithAnother: claims =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(others.privateKey),
    unsigned: claims => `${part({ alg: 'none' })}.${part(claims)}.`,
    signWithPublicKey: async claims =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'HS256', kid: 'one' })
        .sign(new TextEncoder().encode(await exportSPKI(keys.publicKey))),
    server,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
  server.handler = (request, response) => {
    const answers: Record<string, () => unknown> = {
      '/.well-known/openid-configuration': () => self.metadata,
      '/jwks': () => ({ keys: [publicJwk] }),
      '/token': () => ({ access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token: self.idToken }),
    };
    const answer = answers[request.url ?? ''];
    if (answer === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(json(answer()));
  };
  return self;
}

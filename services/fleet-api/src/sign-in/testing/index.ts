/** Real providers in this process, for tests. */
export { browseUntil } from './browser.ts';
export { type GithubAccount, type GithubServer, startGithubServer } from './github-server.ts';
export { type LyingIssuer, startLyingIssuer } from './lying-issuer.ts';
export { type OidcAccount, type OidcServer, type OidcServerOptions, startOidcServer } from './oidc-server.ts';
export { type Handler, startTlsServer, type TlsServer } from './tls-server.ts';

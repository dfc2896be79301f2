import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MemoryStore, type Store } from '@drover/apiserver';
import { ManualClock } from '@drover/async';
import { AssertionSigner, newSecretKeys, newSigningKey, SecretRing } from '@drover/identity';
import { MemoryStores } from '@drover/sessions';
import { createLogger } from '@drover/telemetry';
import type { AgentSession } from './domain/cluster-status.ts';
import { startFleet } from './fleet.ts';

/** A self-signed certificate of nobody: only its public key counts here. */
export const serverCertificate = `-----BEGIN CERTIFICATE-----
MIIBgjCCASmgAwIBAgIUAk01G/cGujjxZKWF/90ZS4MhG1UwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLaHViLmV4YW1wbGUwIBcNMjYxMTI0MDQxMzU4WhgPMjEyNjEw
MzEwNDEzNThaMBYxFDASBgNVBAMMC2h1Yi5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEDoPfw8z5dQrm0pZChbdNRqCuwHnl5q0YT5cRWy/1uKtiLGUW
q8xyCCIFigJXEh4BP9M01S9/gD6HxLqBpqJ2DaNTMFEwHQYDVR0OBBYEFGPXkgKn
8o3dBJWWfhl2WQxDsm6kMB8GA1UdIwQYMBaAFGPXkgKn8o3dBJWWfhl2WQxDsm6k
MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgaRkeKt+R2RvP7Y6G
u0lVdu7s0b594o3T36ZjMlX4zlQCIHUdrY0iyiKHmrNdSm5M+XYA6hLYNR0AnD+n
2us2SqFN
-----END CERTIFICATE-----
`;

/** The public key's pin of that certificate, as `openssl` computes it. */
export const serverPin = 'HfF8+3o+d44q+FKszMLKMH66NKlCZvSVKnhMFqLELLo=';

/** The hub's API over a store in memory, behind a real server, with a clock that the test moves. */
export async function serveFleet(store: Store = new MemoryStore()) {
  const clock = new ManualClock();
  const key = await newSigningKey();
  const sessionKey = await newSigningKey();
  const stores = new MemoryStores(clock);
  const signer = await AssertionSigner.create(key);
  const secretKeys = newSecretKeys();
  const secrets = SecretRing.read(secretKeys);
  const lines: string[] = [];
  const sessions = new Map<string, AgentSession[]>();
  const fleet = await startFleet({
    store,
    secrets,
    clock,
    logger: createLogger({ name: 'fleet-api', level: 'trace', destination: { write: line => void lines.push(line) } }),
    sessionKeys: { signing: sessionKey, verifying: { keys: [{ ...sessionKey.publicJwk }] } },
    logins: stores,
    once: stores,
    sessionsOf: uid => sessions.get(uid) ?? [],
    hub: {
      id: 'hub-1',
      url: 'https://hub.example',
      tunnelUrls: ['https://hub.example'],
      ca: serverCertificate,
      serverCertificate,
      identityKeys: () => ({ keys: [{ ...key.publicJwk }] }),
      agentImage: 'drover:test',
      userPrefix: 'acme:',
    },
  });
  const server = createServer(fleet.serve);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  /** Calls as `user` of `groups` (nobody: ''), as auth-proxy would pass the call on. */
  async function call(as: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const [user = '', ...groups] = as.split('/');
    const claims = { audience: 'hub', user, groups, extra: {}, nowMs: clock.now(), lifetimeMs: 60_000 };
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(user === '' ? {} : { 'drover-identity': await signer.sign(claims) }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    // biome-ignore lint/suspicious/noExplicitAny: a test reads any JSON
    const json: any = response.headers.get('content-type')?.startsWith('application/json')
      ? JSON.parse(text)
      : undefined;
    return { status: response.status, headers: response.headers, text, body: json };
  }
  return {
    fleet,
    secrets,
    secretKeys,
    clock,
    url,
    call,
    signer,
    stores,
    sessionKey,
    sessions,
    /** Everything that was logged. */
    log: (): string => lines.join(''),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await fleet.close();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** An administrator, as `call` takes callers. */
export const admin = 'root/admins';
/** Where the hub's objects are. */
export const objectsPath = '/apis/drover.dev/v1';

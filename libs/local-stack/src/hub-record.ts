import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { newSecretKeys, newSigningKey } from '@drover/identity';
import { finishKeyFiles } from './keys/key-files.ts';
import { freePort } from './redis-server.ts';
import { readText, writePublic, writeSecret } from './secret-files.ts';

/** What a hub keeps of itself from its first start on. */
export interface HubRecord {
  /** Agents sign it. */
  readonly id: string;
  /** The ports that were chosen, by what listens there: agents and kubeconfigs hold them. */
  readonly ports: Readonly<Record<string, number>>;
  /** Since when it is a restored one, and from what: when that backup was taken, RFC 3339, and at which revision. */
  readonly restored?: { readonly at: string; readonly takenAt: string; readonly revision: number };
}

export interface HubFiles {
  readonly record: HubRecord;
  /** Private, JSON. */
  readonly identityKeyFile: string;
  /** The public halves that verify, RFC 7517. */
  readonly jwksFile: string;
  /** The same for the credentials of sessions: fleet-api alone has the key, so that who signs identities makes no session. */
  readonly sessionKeyFile: string;
  readonly sessionJwksFile: string;
  /** What opens the secrets of identity providers; private, RFC 7517. */
  readonly secretKeysFile: string;
  /** Absent where it was removed after the first start. */
  readonly adminPasswordFile: string | undefined;
  /** The port of `role`: the given one, or where that is 0 the one of earlier starts, or a free one. */
  portOf(role: string, asked: number): Promise<number>;
}

const adminPasswordBytes = 24;

/** Loads the hub's identity, and makes it at the first start: id, signing key, the administrator's password. */
export async function ensureHubFiles(dataDir: string): Promise<HubFiles> {
  const recordFile = join(dataDir, 'hub.json');
  const identityKeyFile = join(dataDir, 'keys', 'identity.json');
  const jwksFile = join(dataDir, 'keys', 'identity.jwks.json');
  const secretKeysFile = join(dataDir, 'keys', 'secrets.json');
  const adminPasswordFile = join(dataDir, 'admin-password');
  let record = await readRecord(recordFile);
  const sessionKeyFile = join(dataDir, 'keys', 'session.json');
  const sessionJwksFile = join(dataDir, 'keys', 'session.jwks.json');
  await finishKeyFiles(dataDir, 'identity');
  await finishKeyFiles(dataDir, 'session');
  await ensureKey(identityKeyFile, jwksFile);
  await ensureKey(sessionKeyFile, sessionJwksFile);
  if ((await readText(secretKeysFile)) === undefined) await writeSecret(secretKeysFile, newSecretKeys());
  if (!record) {
    await writeSecret(adminPasswordFile, `${randomBytes(adminPasswordBytes).toString('base64url')}\n`);
    record = { id: randomUUID(), ports: {} };
    await writePublic(recordFile, JSON.stringify(record));
  }
  const ports = new KeptPorts(recordFile, record);
  return {
    record,
    identityKeyFile,
    jwksFile,
    sessionKeyFile,
    sessionJwksFile,
    secretKeysFile,
    adminPasswordFile: (await readText(adminPasswordFile)) === undefined ? undefined : adminPasswordFile,
    portOf: (role, asked) => ports.portOf(role, asked),
  };
}

async function ensureKey(keyFile: string, jwksFile: string): Promise<void> {
  if ((await readText(keyFile)) !== undefined) return;
  const { publicJwk, ...secret } = await newSigningKey();
  await writePublic(jwksFile, JSON.stringify({ keys: [publicJwk] }));
  await writeSecret(keyFile, JSON.stringify(secret));
}

/** Chooses ports one after the other, and keeps what was chosen. */
class KeptPorts {
  readonly #file: string;
  readonly #record: HubRecord;
  readonly #ports: Record<string, number>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(file: string, record: HubRecord) {
    this.#file = file;
    this.#record = record;
    this.#ports = { ...record.ports };
  }

  portOf(role: string, asked: number): Promise<number> {
    const chosen = this.#last.then(() => (asked === 0 ? this.#keep(role) : asked));
    this.#last = chosen.catch(() => {});
    return chosen;
  }

  async #keep(role: string): Promise<number> {
    const known = this.#ports[role];
    if (known !== undefined) return known;
    let port = await freePort();
    while (Object.values(this.#ports).includes(port)) port = await freePort();
    this.#ports[role] = port;
    await writePublic(this.#file, JSON.stringify({ ...this.#record, ports: this.#ports }));
    return port;
  }
}

async function readRecord(path: string): Promise<HubRecord | undefined> {
  const found: unknown = JSON.parse((await readText(path)) ?? 'null');
  return isRecord(found) ? found : undefined;
}

const isRecord = (value: unknown): value is HubRecord =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  typeof value.id === 'string' &&
  'ports' in value &&
  typeof value.ports === 'object' &&
  value.ports !== null;

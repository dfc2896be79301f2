import { join } from 'node:path';
import { encodeAccount, encodeOperator, encodeUser, fmtCreds, type OperatorLimits } from '@nats-io/jwt';
import { createAccount, createOperator, createUser, fromSeed, type KeyPair } from '@nats-io/nkeys';
import { type LocalNatsUser, localNatsUsers, permissionsOf } from './nats-permissions.ts';
import { ensureFolder, readText, writeSecret } from './secret-files.ts';

/** What the server's configuration needs to know of who may connect (operator mode). */
export interface NatsAuthority {
  readonly operatorJwt: string;
  readonly systemAccount: { readonly id: string; readonly jwt: string };
  readonly account: { readonly id: string; readonly jwt: string };
  /** Each user's credentials file. */
  readonly credentials: Readonly<Record<LocalNatsUser, string>>;
}

interface Seeds {
  readonly operator: string;
  readonly system: string;
  readonly account: string;
}

/** The library's defaults are 0, which refuses every connection (STACK.md). */
const noLimit = -1;
const connectionLimits: OperatorLimits = {
  conn: noLimit,
  leaf: noLimit,
  subs: noLimit,
  data: noLimit,
  payload: noLimit,
  imports: noLimit,
  exports: noLimit,
  wildcards: true,
};
const streamLimits: OperatorLimits = {
  mem_storage: noLimit,
  disk_storage: noLimit,
  streams: noLimit,
  consumer: noLimit,
};
/** How long after a request its answer may be published, nanoseconds. */
const answerTtlNanos = 30_000_000_000;

/**
 * Makes the operator, the system account and the account DROVER at the first start, and new credentials for every
 * service at each. They are signed by a key that lives for this start only and that the account's JWT names, so that
 * credentials of an earlier start are good for nothing.
 */
export async function ensureNatsAuthority(folder: string): Promise<NatsAuthority> {
  const seeds = await ensureSeeds(join(folder, 'authority.json'));
  const [operator, system, account] = [keyOf(seeds.operator), keyOf(seeds.system), keyOf(seeds.account)];
  const signer = createAccount();
  const credentials = await mintCredentials(join(folder, 'creds'), account.getPublicKey(), signer);
  return {
    operatorJwt: await encodeOperator('drover', operator, { system_account: system.getPublicKey() }),
    systemAccount: {
      id: system.getPublicKey(),
      jwt: await encodeAccount('SYS', system, { limits: connectionLimits }, { signer: operator }),
    },
    account: {
      id: account.getPublicKey(),
      jwt: await encodeAccount(
        'DROVER',
        account,
        { limits: { ...connectionLimits, ...streamLimits }, signing_keys: [signer.getPublicKey()] },
        { signer: operator },
      ),
    },
    credentials,
  };
}

async function mintCredentials(
  folder: string,
  account: string,
  signer: KeyPair,
): Promise<Record<LocalNatsUser, string>> {
  await ensureFolder(folder);
  const file = (user: LocalNatsUser): string => join(folder, `${user}.creds`);
  await Promise.all(
    localNatsUsers.map(async user => {
      const { publish, subscribe, responds } = permissionsOf(user);
      const key = createUser();
      const jwt = await encodeUser(user, key, signer, {
        issuer_account: account,
        pub: { allow: [...publish] },
        sub: { allow: [...subscribe] },
        ...(responds ? { resp: { max: 1, ttl: answerTtlNanos } } : {}),
        subs: noLimit,
        data: noLimit,
        payload: noLimit,
        allowed_connection_types: ['STANDARD'],
      });
      await writeSecret(file(user), Buffer.from(fmtCreds(jwt, key)).toString('utf8'));
    }),
  );
  return {
    'fleet-api': file('fleet-api'),
    'tunnel-gateway': file('tunnel-gateway'),
    'auth-proxy': file('auth-proxy'),
    setup: file('setup'),
    backup: file('backup'),
  };
}

async function ensureSeeds(path: string): Promise<Seeds> {
  const found: unknown = JSON.parse((await readText(path)) ?? 'null');
  if (isSeeds(found)) return found;
  const seeds = {
    operator: seedOf(createOperator()),
    system: seedOf(createAccount()),
    account: seedOf(createAccount()),
  };
  await writeSecret(path, JSON.stringify(seeds));
  return seeds;
}

const isSeeds = (value: unknown): value is Seeds =>
  typeof value === 'object' &&
  value !== null &&
  ['operator', 'system', 'account'].every(name => typeof Reflect.get(value, name) === 'string');

const seedOf = (key: KeyPair): string => Buffer.from(key.getSeed()).toString('utf8');
const keyOf = (seed: string): KeyPair => fromSeed(Buffer.from(seed, 'utf8'));

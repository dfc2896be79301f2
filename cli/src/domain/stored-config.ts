import { DroverError } from '@drover/errors';

/** A login that is kept. It renews credentials; requests are sent with those (access-cache.ts). */
export interface Session {
  /** The session credential, until `endsAt`. */
  readonly credential: string;
  /** The session's id; `drover logout` ends it. */
  readonly id: string;
  readonly user: string;
  /** RFC 3339 */
  readonly endsAt: string;
}

/** What is kept of one hub. */
export interface KnownHub {
  /** The hub's identity at the first login. */
  readonly id: string;
  /** PEM of the CA that it is trusted by; absent: the system's. */
  readonly ca?: string;
  readonly session?: Session;
}

/** What the command line keeps, by the hub's URL. */
export interface StoredConfig {
  readonly version: 2;
  readonly currentHub?: string;
  readonly hubs: Readonly<Record<string, KnownHub>>;
}

export const emptyConfig: StoredConfig = Object.freeze({ version: 2, hubs: {} });

/**
 * Reads what was kept. Version 1 kept a token where the session is now: its hubs are known, and one signs in again.
 *
 * @throws DroverError `config-invalid`, which repeats none of it
 */
export function parseStoredConfig(text: string, path: string): StoredConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path);
  }
  if (!isRecord(value) || !isOptionalText(value['currentHub']) || !isRecord(value['hubs'])) throw damaged(path);
  const { version, currentHub, hubs } = value;
  if (version !== 1 && version !== 2) throw damaged(path);
  const known: Record<string, KnownHub> = {};
  for (const [url, hub] of Object.entries(hubs)) {
    if (!isRecord(hub)) throw damaged(path);
    const { session, ...trust } = hub;
    const kept = version === 1 || session === undefined ? trust : hub;
    if (!isKnownHub(kept)) throw damaged(path);
    known[url] = kept;
  }
  return { version: 2, hubs: known, ...(currentHub === undefined ? {} : { currentHub }) };
}

const damaged = (path: string): DroverError =>
  new DroverError(
    'config-invalid',
    `${path} is damaged or of another version; delete it and run \`drover login\` again`,
  );

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isOptionalText = (value: unknown): value is string | undefined => value === undefined || isText(value);
const isSession = (value: unknown): value is Session =>
  isRecord(value) && [value['credential'], value['id'], value['user'], value['endsAt']].every(isText);
const isKnownHub = (value: unknown): value is KnownHub =>
  isRecord(value) &&
  isText(value['id']) &&
  isOptionalText(value['ca']) &&
  (value['session'] === undefined || isSession(value['session']));

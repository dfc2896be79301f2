import { DroverError } from '@drover/errors';

/** A login that is kept. */
export interface Session {
  readonly token: string;
  /** The name of the hub's Token object; `drover logout` deletes it. */
  readonly name: string;
  readonly user: string;
  /** RFC 3339 */
  readonly expiresAt: string;
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
  readonly version: 1;
  readonly currentHub?: string;
  readonly hubs: Readonly<Record<string, KnownHub>>;
}

export const emptyConfig: StoredConfig = Object.freeze({ version: 1, hubs: {} });

/** Reads what was kept. @throws DroverError `config-invalid`, which repeats none of it */
export function parseStoredConfig(text: string, path: string): StoredConfig {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged(path);
  }
  if (!isRecord(value) || value['version'] !== 1 || !isOptionalText(value['currentHub']) || !isRecord(value['hubs'])) {
    throw damaged(path);
  }
  const { currentHub, hubs } = value;
  const known: Record<string, KnownHub> = {};
  for (const [url, hub] of Object.entries(hubs)) {
    if (!isKnownHub(hub)) throw damaged(path);
    known[url] = hub;
  }
  return { version: 1, hubs: known, ...(currentHub === undefined ? {} : { currentHub }) };
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
  isRecord(value) && [value['token'], value['name'], value['user'], value['expiresAt']].every(isText);
const isKnownHub = (value: unknown): value is KnownHub =>
  isRecord(value) &&
  isText(value['id']) &&
  isOptionalText(value['ca']) &&
  (value['session'] === undefined || isSession(value['session']));

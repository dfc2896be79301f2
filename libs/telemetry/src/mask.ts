/** What a secret is replaced by. */
const masked = '[masked]';
/** How deep a logged object is walked; deeper values are replaced, so that no nesting can hide a secret or cost much. */
const maxDepth = 8;

/** Names of fields and headers whose value is never logged (lower case, without `-` and `_`). */
const secretNames = new Set([
  'authorization',
  'proxyauthorization',
  'cookie',
  'setcookie',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'clientsecret',
  'token',
  'accesstoken',
  'refreshtoken',
  'idtoken',
  'jointoken',
  'kubeconfig',
  'clientkeydata',
  'privatekey',
  'privatejwk',
  'droveridentity',
  'secwebsocketprotocol',
  'stringdata',
]);

/** A field of that name in JSON text, also where the JSON is quoted inside a string (then the rest of it goes too). */
const fieldForm = new RegExp(
  `("(?:${[...secretNames].map(name => name.split('').join('[-_]?')).join('|')})\\\\?"\\s*:\\s*\\\\?")(?:[^"\\\\]|\\\\.)+`,
  'gi',
);

const isSecretName = (name: string): boolean => secretNames.has(name.toLowerCase().replaceAll(/[-_]/g, ''));

/**
 * Secrets that can be known by their form, wherever they stand in a text. The id of a Drover token is kept: it is the
 * name of the Token object, and tells which one to revoke.
 */
const secretForms: readonly (readonly [RegExp, string])[] = [
  [/\b(dr[vj]_[a-z2-7]{10}_)[A-Za-z0-9]+/g, `$1${masked}`],
  [/\b(dr[vj]_)(?![a-z2-7]{10}_\[masked\])[A-Za-z0-9_-]+/g, `$1${masked}`],
  [/\b(Bearer|Basic|Negotiate)(\s+|%20|\+)[A-Za-z0-9._~+/=-]{6,}/gi, `$1 ${masked}`],
  [/\beyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+/g, masked],
  [/\bbase64url\.bearer\.authorization\.k8s\.io\.[A-Za-z0-9_-]+/g, masked],
  [/-----BEGIN ([A-Z ]*)PRIVATE KEY-----.*?-----END \1PRIVATE KEY-----/gs, masked],
  [/\bS[AOUNCX][A-Z2-7]{56}\b/g, masked],
  [/(:\/\/)[^\s/@"]*:[^\s/@"]*@/g, `$1${masked}@`],
  [/([?&](?:access_token|token|password|secret|code)=)[^&\s"]+/gi, `$1${masked}`],
  [fieldForm, `$1${masked}`],
];

/**
 * `text` with everything that looks like a credential masked (T19): Drover tokens, bearer and basic credentials, JWTs,
 * private keys, NATS seeds, passwords in URLs.
 */
export function maskText(text: string): string {
  let result = text;
  for (const [form, replacement] of secretForms) result = result.replace(form, replacement);
  return result;
}

/**
 * A copy of `value` in which fields named like a credential are masked, at any depth, also in lists of raw headers
 * (`['cookie', 'a=b']`). Bytes become their length: a body is never logged.
 */
export function maskFields(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth >= maxDepth) return '[deep]';
  if (Array.isArray(value)) {
    return value.map((item: unknown, index) => {
      const before: unknown = value[index - 1];
      return typeof before === 'string' && isSecretName(before) ? masked : maskFields(item, depth + 1);
    });
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName(name) && item !== undefined ? masked : maskFields(item, depth + 1),
    ]),
  );
}

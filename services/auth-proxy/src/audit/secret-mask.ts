const mask = '***';

/** Names of query parameters whose values are credentials somewhere (OAuth 2, presigned URLs, dashboards). */
const secretName =
  /token|passw|secret|credential|authorization|bearer|signature|^(code|key|api[-_]?key|sig|auth|jwt)$/i;

/** A Drover token; its id may be shown, since it is also the name of an object. */
const droverToken = /(dr[vj]_[a-z2-7]{10})_[A-Za-z0-9]+/g;

/** Whatever looks like a JWS: two base64url parts, the first of which begins `{"`. */
const jws = /eyJ[\w-]+\.[\w-]+(\.[\w-]*)?/g;

/**
 * A request's path and query as it may be kept: values of parameters that name a secret are masked, and so is
 * everything that looks like a token wherever it stands (`/v1/import/<join token>.yaml` has one in its path; T19).
 *
 * @example
 * maskSecrets('/k8s/clusters/a/x?token=abc&limit=5'); // '/k8s/clusters/a/x?token=***&limit=5'
 */
export function maskSecrets(target: string): string {
  const mark = target.indexOf('?');
  if (mark < 0) return maskPath(target);
  return `${maskPath(target.slice(0, mark))}?${target
    .slice(mark + 1)
    .split('&')
    .map(maskParameter)
    .join('&')}`;
}

function maskPath(path: string): string {
  // Most paths hold neither form; looking for four letters is cheaper than the two expressions.
  if (!['drv_', 'drj_', 'eyJ', '%'].some(sign => path.includes(sign))) return path;
  return path.split('/').map(maskText).join('/');
}

function maskParameter(parameter: string): string {
  const equals = parameter.indexOf('=');
  if (equals < 0) return maskText(parameter);
  const name = parameter.slice(0, equals);
  return `${name}=${secretName.test(decoded(name)) ? mask : maskText(parameter.slice(equals + 1))}`;
}

/** Masks tokens in the text, also where they hide behind percent-encoding; then nothing of the text is kept. */
function maskText(text: string): string {
  const shown = text.replace(droverToken, `$1_${mask}`).replace(jws, mask);
  if (!shown.includes('%')) return shown;
  const plain = decoded(shown);
  return plain.replace(droverToken, mask).replace(jws, mask) === plain ? shown : mask;
}

function decoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

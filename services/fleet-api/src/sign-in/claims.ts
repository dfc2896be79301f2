/** What somebody's token or profile says, as JSON. */
export type Claims = Readonly<Record<string, unknown>>;

/** Names are told to people and kept with the user: longer ones are no names. */
const maxTextLength = 1024;

/**
 * The claim at `path`: itself, or where dots lead into objects. Names of claims hold dots too, as `kubernetes.io` does, so
 * that every way to read the path is tried, the longest first name before the others.
 *
 * @example
 * claimAt({ realm_access: { roles: ['dev'] } }, 'realm_access.roles'); // ['dev']
 */
export function claimAt(claims: unknown, path: string): unknown {
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined;
  if (Object.hasOwn(claims, path)) return Reflect.get(claims, path);
  for (let dot = path.lastIndexOf('.'); dot > 0; dot = path.lastIndexOf('.', dot - 1)) {
    const first = path.slice(0, dot);
    if (!Object.hasOwn(claims, first)) continue;
    const found = claimAt(Reflect.get(claims, first), path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A text that is there; undefined for anything else. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' && value.length <= maxTextLength ? value : undefined;

/** The texts of a list, or of one text, each once. */
export function textsOf(value: unknown): string[] {
  const texts = (Array.isArray(value) ? value : [value]).map(textOf);
  return [...new Set(texts.filter(text => text !== undefined))];
}

/** What a claim says as texts to compare with: `true` and `42` are what they look like. */
export const comparable = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap(one =>
    typeof one === 'string' || typeof one === 'number' || typeof one === 'boolean' ? [String(one)] : [],
  );

import type { Outcome } from './case.ts';

/** One place where two outcomes differ: `body.details.causes[0].message`. */
export interface Finding {
  readonly at: string;
  readonly hub: unknown;
  readonly testbed: unknown;
}

const absent = Symbol('absent');

/**
 * Where two outcomes of a step differ. One that failed where the other did not, or failed otherwise, is one difference:
 * all that follows from it says nothing more.
 */
export function outcomeFindings(hub: Outcome, testbed: Outcome): Finding[] {
  for (const name of ['status', 'code']) {
    if (hub[name] !== testbed[name]) return [{ at: name, hub: brief(hub), testbed: brief(testbed) }];
  }
  return findings(hub, testbed);
}

const brief = ({ status, code, body, stderr }: Outcome): unknown =>
  status === undefined
    ? { code, stderr }
    : { status, message: isObject(body) ? (body['message'] ?? body['kind']) : body };

/** Every place where two JSON values differ. An object or list that is on one side only is one place. */
export function findings(hub: unknown, testbed: unknown, at = ''): Finding[] {
  if (Object.is(hub, testbed)) return [];
  if (Array.isArray(hub) && Array.isArray(testbed)) {
    // Lists of different lengths are told whole: what is shifted by one would differ everywhere.
    if (hub.length !== testbed.length) return [{ at, hub, testbed }];
    return hub.flatMap((item, index) => findings(item, testbed[index], `${at}[${index}]`));
  }
  if (isObject(hub) && isObject(testbed)) {
    const names = new Set([...Object.keys(hub), ...Object.keys(testbed)]);
    return [...names].flatMap(name =>
      findings(
        Object.hasOwn(hub, name) ? hub[name] : absent,
        Object.hasOwn(testbed, name) ? testbed[name] : absent,
        at === '' ? name : `${at}.${name}`,
      ),
    );
  }
  return [{ at, hub: shown(hub), testbed: shown(testbed) }];
}

/** Where `found` is not what `expected` says; what `expected` does not name may be anything. */
export function unexpected(found: unknown, expected: unknown, at = ''): Finding[] {
  if (expected instanceof RegExp) {
    return typeof found === 'string' && expected.test(found) ? [] : [{ at, hub: found, testbed: String(expected) }];
  }
  if (Array.isArray(expected) && Array.isArray(found) && expected.length === found.length) {
    return expected.flatMap((item, index) => unexpected(found[index], item, `${at}[${index}]`));
  }
  if (isObject(expected) && isObject(found)) {
    return Object.entries(expected).flatMap(([name, item]) =>
      unexpected(found[name], item, at === '' ? name : `${at}.${name}`),
    );
  }
  return findings(found, expected, at);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shown = (value: unknown): unknown => (value === absent ? '(absent)' : value);

/** Whether a text matches a pattern in which `*` stands for anything. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

import { DroverError } from '@drover/errors';

/**
 * Where the next page of a list begins. The text of a token is as kube-apiserver's (k8s.io/apiserver/pkg/storage), so that
 * whoever looks into it finds what he knows.
 */
export interface ContinueToken {
  /** The revision that the whole list is of; undefined: whatever is there now. */
  readonly revision: number | undefined;
  /** The last object of the page before: `name` or `namespace/name`. */
  readonly after: string;
}

const version = 'meta.k8s.io/v1';
/** Stands in a token for a list that does not hang together any more. */
const inconsistent = -1;

export function encodeContinue({ revision, after }: ContinueToken): string {
  const token = { v: version, rv: revision ?? inconsistent, start: `${after}\0` };
  return Buffer.from(JSON.stringify(token), 'utf8').toString('base64url');
}

/** Throws `bad-request`. */
export function decodeContinue(text: string): ContinueToken {
  const { v, rv, start } = parsed(text);
  if (v !== version) throw wrong(`server does not recognize this encoded version ${JSON.stringify(v ?? '')}`);
  if (typeof rv !== 'number' || !Number.isSafeInteger(rv) || (rv < 1 && rv !== inconsistent)) {
    throw wrong(`incorrect encoded start resourceVersion (version ${version})`);
  }
  if (typeof start !== 'string' || start === '') throw wrong(`encoded start key empty (version ${version})`);
  return { revision: rv === inconsistent ? undefined : rv, after: start.endsWith('\0') ? start.slice(0, -1) : start };
}

function parsed(text: string): Record<string, unknown> {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) throw wrong('illegal base64 data');
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch {
    // What was wrong inside helps nobody: a token is not made by hand.
  }
  throw wrong('it holds no JSON object');
}

const wrong = (why: string): DroverError =>
  new DroverError('bad-request', `invalid continue token: continue key is not valid: ${why}`);

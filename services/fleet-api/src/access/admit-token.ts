import { type Admitted, fieldErrors, invalid, type Registry } from '@drover/apiserver';
import type { Clock } from '@drover/async';
import { groupsOf as allGroupsOf, providerExtra, type Token } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import type { Caller } from '../domain/authorization.ts';
import type { Accounts } from '../operations/accounts.ts';
import { tokens, users } from '../resources/index.ts';
import type { Escalation } from './escalation.ts';

/** The groups of a user of the hub, those that providers tell among them: whoever is that user gets what they give. */
export function groupsOf({ registry }: { readonly registry: Registry }, name: string): readonly string[] {
  const user = registry.find(users, name);
  return user === undefined ? [] : allGroupsOf(user);
}

/** Refuses a token that would give its maker more than he has. Throws `forbidden`. */
export function admitTokenOf(
  parts: { readonly registry: Registry; readonly escalation: Escalation },
  caller: Caller,
  user: string,
): void {
  if (caller.impersonatedBy !== undefined) {
    // It would outlive the right to impersonate, and tell nobody who really acts.
    throw new DroverError('forbidden', 'no token can be made while impersonating');
  }
  if (user === caller.user) return;
  parts.escalation.requireRightsOf(caller, { type: tokens, name: '' }, { user, groups: groupsOf(parts, user) });
}

/** What a token's admission works with. */
export interface TokenParts {
  readonly registry: Registry;
  readonly escalation: Escalation;
  readonly accounts: Accounts;
  readonly clock: Clock;
}

/**
 * A token as a client wants it: of the caller, or of another by who manages tokens. The hub makes its name and its secret,
 * which only the answer holds.
 */
export function admitToken(parts: TokenParts, caller: Caller, token: Token, dryRun: boolean): Admitted {
  const user = token.spec.user === '' ? caller.user : token.spec.user;
  admitTokenOf(parts, caller, user);
  const { name, generateName: _, ...metadata } = token.metadata;
  if (name !== '') {
    const why = 'the hub names tokens by their public part; give generateName, or no name';
    throw invalid(tokens, name, [fieldErrors.forbidden('metadata.name', why)]);
  }
  const { description, expiresAt, clusters } = token.spec;
  const leftMs = expiresAt === undefined ? undefined : Date.parse(expiresAt) - parts.clock.now();
  if (leftMs !== undefined && leftMs <= 0) {
    throw invalid(tokens, name, [fieldErrors.invalid('spec.expiresAt', expiresAt, 'must be in the future')]);
  }
  const made = parts.accounts.draft(user, {
    ...(description === undefined ? {} : { description }),
    ...(leftMs === undefined ? {} : { ttlSeconds: Math.floor(leftMs / 1000) }),
    ...(clusters === undefined ? {} : { clusters }),
    ...providerOf(caller),
  });
  const object = { ...made.draft, metadata: { ...metadata, name: made.draft.metadata.name } };
  if (dryRun) return { object };
  return { object, answer: stored => ({ ...stored, status: { token: made.token } }) };
}

/** What a caller makes for himself ends with the provider that he signed in at. */
export const providerOf = ({ extra }: Caller): { readonly provider?: string } => {
  const provider = extra?.[providerExtra]?.[0];
  return provider === undefined ? {} : { provider };
};

/** Whose a token is, how long, and for which clusters, stays as it was made: more would be another token. */
export function changedToken(token: Token, old: Token): Token {
  const fixed = ['user', 'provider', 'expiresAt', 'clusters'] as const;
  const errors = fixed
    .filter(field => JSON.stringify(token.spec[field]) !== JSON.stringify(old.spec[field]))
    .map(field => fieldErrors.invalid(`spec.${field}`, token.spec[field] ?? '', 'field is immutable'));
  if (errors.length > 0) throw invalid(tokens, old.metadata.name, errors);
  return token;
}

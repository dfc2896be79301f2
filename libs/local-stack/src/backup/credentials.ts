import type { ObjectChange } from '@drover/backup';
import { type Cluster, type JoinToken, resources, type Token, type User } from '@drover/contracts';

/** Every credential that a backup would bring back to life, whatever became of it since. */
export interface CredentialReport {
  readonly tokens: readonly { readonly name: string; readonly user: string; readonly expiresAt?: string }[];
  readonly joinTokens: readonly { readonly name: string; readonly cluster: string; readonly expiresAt: string }[];
  readonly users: readonly { readonly name: string; readonly disabled: boolean; readonly groups: readonly string[] }[];
  /** How many keys of agents each cluster accepts. */
  readonly agents: readonly { readonly cluster: string; readonly keys: number }[];
}

export interface CredentialRules {
  /** Bearer tokens are restored too. */
  readonly keepTokens: boolean;
  readonly nowMs: number;
}

/**
 * Looks at each object that is restored, and says whether it may be: bearer tokens and join tokens may have been revoked
 * since the backup, of which the backup knows nothing (T31). What it is told of is put on the report.
 */
export class CredentialGate {
  readonly #rules: CredentialRules;
  readonly #tokens: CredentialReport['tokens'][number][] = [];
  readonly #joinTokens: CredentialReport['joinTokens'][number][] = [];
  readonly #users: CredentialReport['users'][number][] = [];
  readonly #agents: CredentialReport['agents'][number][] = [];

  constructor(rules: CredentialRules) {
    this.#rules = rules;
  }

  /** Whether the object is restored. */
  lets({ key, value }: ObjectChange): boolean {
    const resource = key.slice(0, key.indexOf('.'));
    switch (resource) {
      case resources.tokens: {
        const { metadata, spec } = parsed<Token>(value);
        const { user, expiresAt } = spec;
        const { name } = metadata;
        if (this.#live(expiresAt)) this.#tokens.push({ name, user, ...(expiresAt === undefined ? {} : { expiresAt }) });
        return this.#rules.keepTokens;
      }
      case resources.joinTokens: {
        const { metadata, spec } = parsed<JoinToken>(value);
        const { cluster, expiresAt } = spec;
        if (this.#live(expiresAt)) this.#joinTokens.push({ name: metadata.name, cluster, expiresAt });
        return false;
      }
      case resources.users: {
        const { metadata, spec } = parsed<User>(value);
        this.#users.push({ name: metadata.name, disabled: spec.disabled === true, groups: spec.groups ?? [] });
        return true;
      }
      case resources.clusters: {
        const { metadata, status } = parsed<Cluster>(value);
        const keys = status?.agentKeys?.length ?? 0;
        if (keys > 0) this.#agents.push({ cluster: metadata.name, keys });
        return true;
      }
      default:
        return true;
    }
  }

  report(): CredentialReport {
    return { tokens: this.#tokens, joinTokens: this.#joinTokens, users: this.#users, agents: this.#agents };
  }

  #live(expiresAt: string | undefined): boolean {
    return expiresAt === undefined || !(Date.parse(expiresAt) <= this.#rules.nowMs);
  }
}

/** The hub wrote it, so its form is known. */
const parsed = <T>(value: Uint8Array = new Uint8Array()): T => JSON.parse(Buffer.from(value).toString('utf8')) as T;

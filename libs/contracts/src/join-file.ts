/**
 * What an agent needs to join: printed by `drover cluster import NAME -o join` (as YAML or JSON), and kept in the
 * import manifest's Secret. It holds a secret (the join token), and all that pins the hub (T9).
 */
export interface JoinFile {
  apiVersion: 'drover.dev/v1';
  kind: 'ClusterJoin';
  cluster: { name: string; uid: string };
  hub: {
    /** The hub's identity, made at its first start; the agent's proof of possession signs it. */
    id: string;
    /** The front door, for people. */
    url: string;
    /** Where agents dial (`https://…`); one tunnel to each. */
    tunnelUrls: string[];
    /** PEM of the CA that signed the hub's server certificate. The agent trusts no other. */
    ca: string;
    /** JWKS (RFC 7517) of the public keys that sign identity assertions. */
    identityKeys: { keys: Record<string, unknown>[] };
    /** What the hub puts before user and group names; absent: `drover:`. */
    userPrefix?: string;
  };
  /** `drj_<id>_<secret>` */
  joinToken: string;
  /** RFC 3339 */
  expiresAt: string;
}

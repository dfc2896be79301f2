export { agentPublicKey, newAgentKey, type ProofSubject, proofOfPossession, verifyProof } from './agent-proof.ts';
export {
  type AssertionClaims,
  AssertionSigner,
  AssertionVerifier,
  type Identity,
  type VerifierOptions,
} from './assertion.ts';
export { checkCarriable, identityLimits, isSystemName } from './carriable.ts';
export { hashPassword, verifyDummyPassword, verifyPassword } from './password.ts';
export { uncovered } from './rbac/covers.ts';
export { type Binding, Grants, type Holder, type NamespaceRules, type Scope, type Subject } from './rbac/grants.ts';
export { type InheritingRole, inheritanceCycle, inheritedRules } from './rbac/inheritance.ts';
export {
  allowsPath,
  allowsResource,
  matchesPath,
  type PathAccess,
  type PolicyRule,
  type ResourceAccess,
} from './rbac/policy-rule.ts';
export {
  hashToken,
  type MintedToken,
  mintToken,
  parseToken,
  type RandomBytes,
  secretOfToken,
  type TokenKind,
} from './secret-token.ts';
export {
  looksLikeJws,
  type SessionClaims,
  type SessionCredentialKind,
  SessionSigner,
  SessionVerifier,
} from './session-credential.ts';
export { loadSigningKey, newSigningKey, type PublicKeys, type SigningKeyFile } from './signing-key.ts';
export { secretEndMs } from './token-secrets.ts';

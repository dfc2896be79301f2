export { agentPublicKey, newAgentKey, type ProofSubject, proofOfPossession, verifyProof } from './agent-proof.ts';
export {
  type AssertionClaims,
  AssertionSigner,
  AssertionVerifier,
  type Identity,
  type VerifierOptions,
} from './assertion.ts';
export { checkCarriable, identityLimits, isSystemName } from './carriable.ts';
export { announceKeys, type KeyAnnouncement, type KeyRole, readAnnouncement } from './key-announcement.ts';
export {
  maxAnnouncements,
  type PublishedKeys,
  type Rotated,
  type Rotation,
  readPublishedKeys,
  rotateKeys,
} from './key-rotation.ts';
export { hashPassword, verifyDummyPassword, verifyPassword } from './password.ts';
export { type LearntKeys, PinnedKeys, type PinnedKeysOptions, readLearntKeys } from './pinned-keys.ts';
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
export { newSecretKeys, SecretRing } from './secret-ring.ts';
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
  type VerifiedSession,
} from './session-credential.ts';
export {
  type KeySource,
  liveKeys,
  loadSigningKey,
  newSigningKey,
  type PublicKeys,
  readPublicKeys,
  readSigningKey,
  type SigningKey,
  type SigningKeyFile,
  type SigningKeySource,
  SigningKeys,
} from './signing-key.ts';
export { secretEndMs } from './token-secrets.ts';

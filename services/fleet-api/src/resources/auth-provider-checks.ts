import { X509Certificate } from 'node:crypto';
import { type FieldError, fieldErrors } from '@drover/apiserver';
import type { AuthProvider } from '@drover/contracts';
import { DroverError } from '@drover/errors';
import { isSafeProviderUrl } from '../domain/provider-url.ts';
import { directorySettings } from '../sign-in/ldap/settings.ts';

type Spec = AuthProvider['spec'];

/** The types whose block says all that is needed; `local` has none. */
const blocks = ['oidc', 'github', 'ldap', 'workload'] as const;

/** What the schema of a provider's block cannot say. */
export function checkProviderBlock({ spec }: AuthProvider, old: AuthProvider | undefined): FieldError[] {
  const strange = blocks.filter(block => block !== spec.type && spec[block] !== undefined);
  const errors = strange.map(block =>
    fieldErrors.forbidden(`spec.${block}`, `the provider is of the type ${spec.type}`),
  );
  const missing = blocks.filter(block => block === spec.type && spec[block] === undefined);
  errors.push(
    ...missing.map(block => fieldErrors.required(`spec.${block}`, `a provider of the type ${block} needs it`)),
  );
  return [
    ...errors,
    ...checkOidc(spec, old?.spec),
    ...checkGithub(spec, old?.spec),
    ...checkLdap(spec),
    ...checkWorkload(spec, old?.spec),
  ];
}

function checkOidc({ oidc }: Spec, old: Spec | undefined): FieldError[] {
  if (oidc === undefined) return [];
  return [...checkUrl('spec.oidc.issuer', oidc.issuer, old?.oidc?.issuer), ...checkCa('spec.oidc.ca', oidc.ca)];
}

function checkGithub({ github }: Spec, old: Spec | undefined): FieldError[] {
  if (github === undefined) return [];
  return [
    ...checkUrl('spec.github.url', github.url, old?.github?.url),
    ...(github.apiUrl === undefined && old?.github?.apiUrl === undefined
      ? []
      : checkUrl('spec.github.apiUrl', github.apiUrl ?? '', old?.github && (old.github.apiUrl ?? ''))),
    ...checkCa('spec.github.ca', github.ca),
  ];
}

function checkLdap({ ldap }: Spec): FieldError[] {
  if (ldap === undefined) return [];
  const errors = checkCa('spec.ldap.ca', ldap.ca);
  try {
    directorySettings(ldap);
  } catch (error) {
    errors.push(fieldErrors.invalid('spec.ldap', '<ldap>', DroverError.from(error).message));
  }
  return errors;
}

function checkWorkload({ workload }: Spec, old: Spec | undefined): FieldError[] {
  if (workload === undefined) return [];
  const errors = [
    ...checkUrl('spec.workload.issuer', workload.issuer, old?.workload?.issuer),
    ...checkCa('spec.workload.ca', workload.ca),
  ];
  if (workload.jwksUri !== undefined) errors.push(...checkUrl('spec.workload.jwksUri', workload.jwksUri));
  if (workload.jwks !== undefined) {
    const at = 'spec.workload.jwks';
    if (workload.jwksUri !== undefined) errors.push(fieldErrors.forbidden(at, 'may not be set together with jwksUri'));
    if (!isKeySet(workload.jwks))
      errors.push(fieldErrors.invalid(at, '<jwks>', 'must be a JSON Web Key Set of public keys'));
  }
  for (const [index, { claims }] of workload.rules.entries()) {
    // An issuer such as GitHub's signs for the whole world: a rule that anything matches lets all of it in.
    if (Object.values(claims).some(pattern => !/^\*+$/.test(pattern))) continue;
    const why = 'a claim must say more than *: the issuer may sign for everybody';
    errors.push(fieldErrors.invalid(`spec.workload.rules[${index}].claims`, JSON.stringify(claims), why));
  }
  return errors;
}

/** It leads to the provider safely, and where subjects hang on it, it stays: identity is issuer and subject (T10). */
function checkUrl(at: string, url: string, old: string | undefined = url): FieldError[] {
  if (url !== old) return [fieldErrors.invalid(at, url, 'field is immutable: another issuer has other people')];
  return isSafeProviderUrl(url) ? [] : [fieldErrors.invalid(at, url, 'must be https; http is for loopback only')];
}

function checkCa(at: string, pem: string | undefined): FieldError[] {
  if (pem === undefined) return [];
  try {
    new X509Certificate(pem);
    return [];
  } catch {
    return [fieldErrors.invalid(at, '<ca>', 'must be a certificate in PEM')];
  }
}

/** Keys with a private half, or a shared secret, have no business in an object that can be read. */
function isKeySet(text: string): boolean {
  try {
    const { keys } = JSON.parse(text);
    return (
      Array.isArray(keys) &&
      keys.length > 0 &&
      keys.every(key => ['RSA', 'EC', 'OKP'].includes(key?.kty) && !('d' in key))
    );
  } catch {
    return false;
  }
}

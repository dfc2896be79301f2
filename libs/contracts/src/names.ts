import { DroverError } from '@drover/errors';

const dns1123Label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const dns1123Subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Whether `name` is a DNS-1123 label (RFC 1123, at most 63 characters): the form of a cluster's name. */
export const isLabel = (name: string): boolean => dns1123Label.test(name);

/** Whether `name` is a DNS-1123 subdomain (at most 253 characters): the form of every other object's name. */
export const isSubdomain = (name: string): boolean => name.length <= 253 && dns1123Subdomain.test(name);

/** `name`, or an `invalid` error that tells the rule. */
export function requireLabel(name: string, what: string): string {
  if (isLabel(name)) return name;
  throw new DroverError(
    'invalid',
    `${what} ${JSON.stringify(name)} must be a DNS-1123 label: lower-case letters, digits and '-', at most 63 characters`,
  );
}

import { type FieldError, fieldErrors } from '@drover/apiserver';
import type { RoleRule } from '@drover/contracts';

/** What a schema cannot say of rules; the words are those of k8s.io/kubernetes/pkg/apis/rbac/validation. */
export function checkRules(rules: readonly RoleRule[] = [], namespaced = false): FieldError[] {
  return rules.flatMap((rule, index) => checkRule(rule, `spec.rules[${index}]`, namespaced));
}

function checkRule(rule: RoleRule, at: string, namespaced: boolean): FieldError[] {
  const { verbs, apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(fieldErrors.required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    if (namespaced) {
      const why = 'rules of projects cannot apply to non-resource URLs';
      errors.push(fieldErrors.invalid(`${at}.nonResourceURLs`, nonResourceURLs, why));
    }
    if (apiGroups.length > 0 || resources.length > 0 || resourceNames.length > 0) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(fieldErrors.invalid(`${at}.nonResourceURLs`, nonResourceURLs, why));
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(fieldErrors.required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(fieldErrors.required(`${at}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

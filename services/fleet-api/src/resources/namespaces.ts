import { namespacesWith } from '@drover/apiserver';

/** `kubectl get ns`: one for each cluster, made and removed with it; nobody makes or deletes one by hand. */
export const namespaces = namespacesWith(['get', 'list', 'patch', 'update', 'watch']);

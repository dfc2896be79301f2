import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type Project, projectKind } from '@drover/contracts';

/** `kubectl get projects -n CLUSTER` */
export const projects: ResourceType<Project> = {
  ...projectKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Display Name',
      type: 'string',
      description: 'A name for people.',
      jsonPath: '.spec.displayName',
      cell: project => project.spec?.displayName ?? '',
    },
  ],
};

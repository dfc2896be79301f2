import { allVerbs, type ResourceType } from '@drover/apiserver';
import { type Setting, settingKind } from '@drover/contracts';

/** `kubectl get settings` */
export const settings: ResourceType<Setting> = {
  ...settingKind,
  verbs: allVerbs,
  columns: [
    {
      name: 'Value',
      type: 'string',
      description: 'What is set.',
      jsonPath: '.spec.value',
      cell: setting => setting.spec.value,
    },
  ],
};

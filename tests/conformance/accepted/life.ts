import type { AcceptedPlaces } from './reasons.ts';

export const life: readonly AcceptedPlaces[] = [
  {
    reason: 'columns',
    at: [
      'body.object.columnDefinitions[*].description',
      'body.object.columnDefinitions[*].type',
      'body.object.rows[*].cells[*]',
    ],
    steps: ['watch/as tables/3', 'watch/as tables/4'],
  },
  {
    reason: 'serverErrors',
    at: ['status'],
    steps: [
      'apply/YAML/1',
      'apply/a wrong list/1',
      'apply/a wrong type/1',
      'apply/an unknown field/1',
      'apply/another kind/1',
      'watch/a bad revision/1',
    ],
  },
  { reason: 'onePath', at: ['status'], steps: ['watch/the old path/2'] },
  {
    reason: 'ownWords',
    at: ['body.message'],
    steps: [
      'apply/a list/1',
      'apply/bad YAML/1',
      'apply/no body/1',
      'apply/no kind/1',
      'finalizers/of a wrong type/1',
      'ownerReferences/an item of a wrong type/1',
      'ownerReferences/of a wrong type/1',
      'ownerReferences/two controllers/2',
    ],
  },
  { reason: 'ownWords', at: ['body.details.causes[*].message'], steps: ['ownerReferences/two controllers/2'] },
  { reason: 'warned', at: ['warning'], steps: ['apply/a key twice/1', 'finalizers/a name without a group/1'] },
  {
    reason: 'ownership',
    at: ['body.metadata.managedFields[*].fieldsV1.f:status'],
    steps: ['apply/a status through the object/1', 'apply/a status through the object/2'],
  },
  {
    reason: 'ownership',
    at: ['body.metadata.managedFields[*].fieldsV1.f:metadata.f:ownerReferences.k:*'],
    steps: [
      'apply/owners by uid/1',
      'apply/owners by uid/2',
      'ownerReferences/are kept/2',
      'ownerReferences/are kept/3',
      'ownerReferences/orphans stay/2',
      'ownerReferences/with controller/2',
    ],
  },
  {
    reason: 'ownership',
    at: ['body.metadata.managedFields[*].subresource'],
    steps: ['apply/a status/2', 'apply/a status/3'],
  },
  {
    reason: 'ownership',
    at: ['body.metadata.managedFields[*].fieldsV1.f:spec'],
    steps: ['apply/a status through the object/1', 'apply/a status through the object/2'],
  },
  { reason: 'youngWindow', at: ['body'], steps: ['watch/a revision long gone/1'] },
  { reason: 'toldOnce', at: ['body.details.causes'], steps: ['finalizers/none may be added while it is deleted/3'] },
  { reason: 'mapOrder', at: ['body.details.causes*', 'body.message'], steps: ['apply/conflicts with two managers/3'] },
  { reason: 'ownershipGivenUp', at: ['body.metadata.managedFields'], steps: ['finalizers/twice the same/1'] },
];

import type { AcceptedPlaces } from './reasons.ts';

export const reading: readonly AcceptedPlaces[] = [
  {
    reason: 'columns',
    at: ['body.columnDefinitions[*].description', 'body.columnDefinitions[*].type'],
    steps: [
      'get/as a table with whole objects/2',
      'get/as a table without objects/2',
      'get/as a table/2',
      'list/as a table/7',
      'list/nothing, as a table/1',
      'pagination/pages as tables/7',
      'pagination/pages as tables/8',
      'tables/clusters/2',
      'tables/clusters/3',
      'tables/clusters/4',
      'tables/created as a table/1',
    ],
  },
  {
    reason: 'columns',
    at: ['body.rows[*].cells[*]'],
    steps: [
      'get/as a table with whole objects/2',
      'get/as a table without objects/2',
      'get/as a table/2',
      'list/as a table/7',
      'pagination/pages as tables/7',
      'pagination/pages as tables/8',
      'tables/clusters/2',
      'tables/clusters/3',
      'tables/clusters/4',
      'tables/created as a table/1',
    ],
  },
  {
    reason: 'serverErrors',
    at: ['status'],
    steps: ['get/at a bad revision/2', 'list/at a revision below zero/1', 'list/at a revision that is no number/1'],
  },
  { reason: 'jsonOnly', at: ['status'], steps: ['get/a user as YAML/2', 'get/as YAML/1'] },
  { reason: 'jsonOnly', at: ['body.message'], steps: ['get/as XML/2', 'get/as a table of another version/2'] },
  { reason: 'jsonOnly', at: ['contentType', 'body'], steps: ['get/protobuf alone/2'] },
  { reason: 'onePath', at: ['status'], steps: ['get/a trailing slash/2', 'list/a trailing slash/7'] },
  {
    reason: 'ownWords',
    at: ['body.message'],
    steps: [
      'list/as the metadata of one, which a list is not/7',
      'pagination/bad token %00/1',
      'pagination/bad token abc/1',
    ],
  },
  {
    reason: 'laterWords',
    at: ['body.message'],
    steps: [
      'list/bad field selector metadata.name=a=b/1',
      'list/bad selector a/b/c=1 7/1',
      'list/bad selector a=-b 4/1',
      'list/bad selector a=ü 3/1',
      'list/bad selector colour in ( 11/1',
      'list/bad selector colour in (a b) 15/1',
      'list/bad selector Ünicode=1 9/1',
    ],
  },
  {
    reason: 'unordered',
    at: ['body.items*'],
    steps: ['list/at revision 0/7', 'list/not older than/7', 'pagination/at revision 0 the limit is not kept/7'],
  },
  { reason: 'stale', at: ['status'], steps: ['get/at revision 0/2'] },
  {
    reason: 'pathAlone',
    at: ['body.message', 'body.details.group', 'body.details.kind'],
    steps: ['get/a status where there is none/2', 'get/an unknown subresource/2'],
  },
  {
    reason: 'pathAlone',
    at: ['body.details.name'],
    steps: ['get/a status where there is none/2', 'get/an unknown subresource/2'],
  },
  {
    reason: 'knownEnd',
    at: ['body.metadata.continue'],
    steps: ['pagination/a page as large as the list/7', 'pagination/three pages/9'],
  },
];

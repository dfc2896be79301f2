import type { ProtobufMessage } from './protobuf.ts';

/** `meta/v1.ObjectMeta` as client-go sends it. */
export const objectMeta: ProtobufMessage = {
  1: ['name', 'string'],
  2: ['generateName', 'string'],
  3: ['namespace', 'string'],
  4: ['selfLink', 'ignored'],
  5: ['uid', 'string'],
  6: ['resourceVersion', 'string'],
  7: ['generation', 'number'],
  8: ['creationTimestamp', 'time'],
  9: ['deletionTimestamp', 'time'],
  10: ['deletionGracePeriodSeconds', 'number?'],
  11: ['labels', 'string', 'map'],
  12: ['annotations', 'string', 'map'],
  13: [
    'ownerReferences',
    {
      1: ['kind', 'string'],
      3: ['name', 'string'],
      4: ['uid', 'string'],
      5: ['apiVersion', 'string'],
      6: ['controller', 'boolean?'],
      7: ['blockOwnerDeletion', 'boolean?'],
    },
    'list',
  ],
  14: ['finalizers', 'string', 'list'],
  // A client that sends it back changes nothing by it.
  17: ['managedFields', 'ignored'],
};

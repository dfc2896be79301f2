import { DroverError } from '@drover/errors';

const token = /^[A-Za-z0-9._-]{1,253}$/;

/** Builders of every Redis key; each part is validated, so that no name can reach another key. */
export const keys = Object.freeze({
  /** Sorted set: every gateway's id, by when it last spoke (ms since 1970). */
  gateways: 'drover:gateways',
  /** Hash, expiring: a gateway's sessions by id, and itself in the field {@link gatewayField}. */
  gateway: (id: string): string => {
    if (token.test(id)) return `drover:gateway:${id}`;
    throw new DroverError('invalid', `${JSON.stringify(id)} is not a gateway’s id`);
  },
});

/** No session has this id: it is no UUID. */
export const gatewayField = '@';

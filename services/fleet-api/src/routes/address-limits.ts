import { DroverError } from '@drover/errors';
import { sourceAddress } from './context.ts';

/** Addresses that are remembered. */
export const maxAddresses = 10_000;

/** For routes where secrets can be tried: sixty requests a minute from one address (T13). */
export const limitedByAddress = {
  config: {
    rateLimit: {
      max: 60,
      timeWindow: 60_000,
      keyGenerator: sourceAddress,
      errorResponseBuilder: () => new DroverError('too-many-requests'),
    },
  },
};

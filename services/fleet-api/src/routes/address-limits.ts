import { DroverError } from '@drover/errors';
import { sourceAddress } from './context.ts';

/** Addresses that are remembered. */
export const maxAddresses = 10_000;

/** So many requests a minute from one address. */
export const limitedBy = (max: number) => ({
  config: {
    rateLimit: {
      max,
      timeWindow: 60_000,
      keyGenerator: sourceAddress,
      errorResponseBuilder: () => new DroverError('too-many-requests'),
    },
  },
});

/** For routes where secrets can be tried (T13). */
export const limitedByAddress = limitedBy(60);

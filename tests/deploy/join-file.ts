import type { JoinFile } from '@drover/contracts';

/** A join file of the right form, of a hub that does not exist. */
export const joinFile = (): JoinFile => ({
  apiVersion: 'drover.dev/v1',
  kind: 'ClusterJoin',
  cluster: { name: 'alpha', uid: '3f0e9a52-7a51-4a3c-9d0c-5d3f4dd1a001' },
  hub: {
    id: 'hub-of-a-test',
    url: 'https://hub.example.com',
    tunnelUrls: ['https://hub.example.com'],
    ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    identityKeys: { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'k1', x: 'AA' }] },
  },
  joinToken: 'drj_abcdefghij_of-a-test',
  expiresAt: '2030-01-01T00:00:00Z',
});

import type { Registry } from '@drover/apiserver';
import type { SecretRing } from '@drover/identity';
import type { Logger } from '@drover/telemetry';
import { authProviders } from '../resources/index.ts';
import { resealed } from './provider-secrets.ts';

/** Seals anew what an earlier key sealed, so that a rotation comes to its end by itself. Never throws. */
export async function resealProviders(registry: Registry, secrets: SecretRing, logger: Logger): Promise<void> {
  for (const provider of registry.list(authProviders)) {
    const { name } = provider.metadata;
    try {
      if (resealed(secrets, provider) === provider) continue;
      await registry.update(authProviders, name, current => resealed(secrets, current));
      logger.info({ provider: name }, 'the secrets of a provider were sealed anew');
    } catch (err) {
      logger.warn({ err, provider: name }, 'the secrets of a provider could not be sealed anew');
    }
  }
}

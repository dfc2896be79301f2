import type { NatsAuthority } from '../nats-authority.ts';

/** Where the containers of NATS and Redis keep their data. */
const dataFolder = '/data';
/** The largest message: whole objects, shards of desired state (DESIGN.md). */
const maxPayload = '4MB';

/**
 * nats-server 2.10 or later in operator mode, in a container of its own: it listens on every address, since only the hub's
 * network reaches it. Every write is synced before it is acknowledged (T31).
 */
export const natsConfiguration = ({
  operatorJwt,
  systemAccount,
  account,
}: NatsAuthority): string => `server_name: drover
listen: 0.0.0.0:4222
http: 0.0.0.0:8222
max_payload: ${maxPayload}
jetstream {
  store_dir: "${dataFolder}"
  sync_interval: always
}
operator: ${operatorJwt}
system_account: ${systemAccount.id}
resolver: MEMORY
resolver_preload: {
  ${systemAccount.id}: ${systemAccount.jwt}
  ${account.id}: ${account.jwt}
}
`;

/** Redis in a container of its own; nothing in it needs a disk (DESIGN.md, State). */
export const redisConfiguration = (password: string): string => `bind * -::*
port 6379
requirepass ${password}
dir "${dataFolder}"
save ""
appendonly no
`;

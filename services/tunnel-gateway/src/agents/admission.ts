import type { Cluster, EnrolReply, EnrolRequest } from '@drover/contracts';
import { verifyProof } from '@drover/identity';
import type { Join, Reset } from '@drover/tunnel';

/** What admission asks of the hub. */
export interface AdmissionSources {
  clusterByUid(uid: string): Cluster | undefined;
  /** fleet-api's RPC; only it may write which key is a cluster's. */
  enrol(request: EnrolRequest): Promise<EnrolReply>;
}

export type Admission =
  | { readonly admitted: true; readonly cluster: string }
  | { readonly admitted: false; readonly refusal: Reset };

const refuse = (code: Reset['code'], message: string): Admission => ({ admitted: false, refusal: { code, message } });

/**
 * Whether an agent may serve the cluster that it names (T7, T9): it must hold the key that it shows, by a signature over
 * this connection's nonce, the cluster and this hub; and the key must be registered, or be registered now by a join token.
 */
export async function admitAgent(
  join: Join,
  nonce: string,
  hubId: string,
  sources: AdmissionSources,
): Promise<Admission> {
  const { clusterUid, publicKey, joinToken } = join;
  if (!verifyProof({ nonce, clusterUid, hubId, publicKey, signature: join.proof })) {
    return refuse('not-admitted', 'the agent did not prove that it holds its key');
  }
  const cluster = sources.clusterByUid(clusterUid);
  if (cluster?.status?.agentKeys?.includes(publicKey)) return { admitted: true, cluster: cluster.metadata.name };
  if (joinToken === undefined)
    return refuse('not-admitted', 'the agent’s key is not registered, and it showed no join token');
  const reply = await sources.enrol({ clusterUid, publicKey, joinToken });
  switch (reply.outcome) {
    case 'accepted':
      return { admitted: true, cluster: reply.cluster };
    case 'pending':
      return refuse(
        'pending-approval',
        `another key is registered; an administrator runs: drover cluster approve-agent ${reply.cluster}`,
      );
    case 'refused':
      return refuse('not-admitted', 'the join token is unknown, expired or revoked: run drover cluster import again');
  }
}

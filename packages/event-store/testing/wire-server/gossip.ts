import gossip, { type ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';

export interface Member {
  readonly instanceId: string;
  readonly address: string;
  readonly port: number;
  readonly isAlive: boolean;
  /** `unknown` while a cluster has no leader. */
  readonly role: 'leader' | 'follower' | 'unknown';
}

const { UNKNOWN, FOLLOWER, LEADER } = gossip.MemberInfo.VNodeState;
const states = { unknown: UNKNOWN, follower: FOLLOWER, leader: LEADER } as const;

/** What one node tells of all, itself among them. */
export function clusterInfo(members: readonly Member[]): ClusterInfo {
  const now = String(Date.now() * 10_000);
  return new gossip.ClusterInfo().setMembersList(
    members.map(({ instanceId, address, port, isAlive, role }) =>
      new gossip.MemberInfo()
        .setInstanceId(new shared.UUID().setString(instanceId))
        .setTimeStamp(now)
        .setState(states[role])
        .setIsAlive(isAlive)
        .setHttpEndPoint(new gossip.EndPoint().setAddress(address).setPort(port)),
    ),
  );
}

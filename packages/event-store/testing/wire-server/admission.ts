import type { Metadata, ServiceError } from '@grpc/grpc-js';
import { accessDenied, type EndPoint, notAuthenticated, notLeader, notReady } from './status.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** What a node knows of the cluster. */
export interface Membership {
  isLeader(): boolean;
  /** Undefined while there is none. */
  leader(): EndPoint | undefined;
}

export interface AdmissionOptions {
  /** Asked of every caller where they are given. */
  readonly credentials: Credentials | undefined;
  readonly membership: Membership;
}

/**
 * Why a call may not be served, as a real server says it: credentials that are missing or wrong, a call for the leader
 * at another node, or a cluster that has no leader.
 */
export function createAdmission({ credentials, membership }: AdmissionOptions) {
  const wanted =
    credentials && `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;
  return (call: Metadata): ServiceError | undefined => {
    const [authorization] = call.get('authorization');
    if (wanted !== undefined && authorization === undefined) return accessDenied();
    if (wanted !== undefined && authorization !== wanted) return notAuthenticated();
    const leader = membership.leader();
    if (leader === undefined) return notReady();
    const [requiresLeader] = call.get('requires-leader');
    return requiresLeader === 'true' && !membership.isLeader() ? notLeader(leader) : undefined;
  };
}

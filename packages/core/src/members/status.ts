/** What a member does now. */
export type MemberStatus = 'starting' | 'idle' | 'busy' | 'ended'

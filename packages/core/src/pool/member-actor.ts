import { BaseActor, type Reference } from '@genpool/runtime'
import type { Member } from './member'

/**
 * A member's own address, made when somebody asks for it: what is sent there reaches this member and no other.
 *
 * Actors that are spawned under it stop with the member.
 */
export class MemberActor extends BaseActor {
  constructor(private readonly member: Member) {
    super(member.pool.actor, member.name)
  }

  protected override receive(message: unknown, sender: Reference): void {
    this.member.pool.intake.tell(this.member, message, sender)
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return this.member.pool.intake.queryMember(this.member, message, timeout)
  }

  protected override onStopped(): void {
    this.member.leave('shutdown')
  }
}

import { BaseActor, type ConcreteParent, type Reference } from '@genpool/runtime'
import type { ChildFault } from '../policies/supervision/supervisor'
import type { Mailbox } from '../pool/ports'

/**
 * A member's own address, made when it is first asked for: what is sent there reaches this member and no other.
 *
 * Actors that are spawned under it stop with the member.
 */
export class MemberActor extends BaseActor {
  constructor(
    parent: ConcreteParent,
    private readonly mailbox: Mailbox,
    private readonly childFailed: (fault: Omit<ChildFault, 'gaveUp'>) => void,
  ) {
    super(parent, mailbox.name)
  }

  protected override receive(message: unknown, sender: Reference): void {
    this.mailbox.tell(message, sender)
  }

  protected override receiveQuery(message: unknown, timeout: number): Promise<unknown> {
    return this.mailbox.query(message, timeout)
  }

  override handleFault(message: unknown, sender: unknown, error: unknown, reference: Reference): void {
    const child = this.children.get(reference.name ?? '')
    const siblings = [...this.children.values()]
    this.childFailed({ message, sender, error, reference, child, siblings, seat: this.mailbox.seat })
  }

  protected override onStopped(): void {
    this.mailbox.stopped()
  }
}

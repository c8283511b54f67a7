import type { Reference } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Mailbox } from './ports'

/** The address of a member. */
interface Address {
  readonly reference: unknown
  stop(): void
}

/** What it needs of the pool. */
export interface AddressPorts {
  readonly host: { addressFor(mailbox: Mailbox): Address }
  readonly directMessages: {
    tell(member: Member, message: unknown, sender: Reference | undefined): void
    query(member: Member, message: unknown, timeout: number): Promise<unknown>
  }
}

/** The addresses of members, each made when it is first asked for. */
export class MemberAddresses {
  #made: Map<Member, Address> | null = null

  constructor(private readonly pool: AddressPorts) {}

  of(member: Member): unknown {
    const made = (this.#made ??= new Map())
    let address = made.get(member)
    if (address === undefined) made.set(member, (address = this.#addressOf(member)))
    return address.reference
  }

  /** Stops the address of a member that has ended, with the actors that were spawned under it. */
  stop(member: Member): void {
    if (this.#made === null) return
    this.#made.get(member)?.stop()
    this.#made.delete(member)
  }

  #addressOf(member: Member): Address {
    const { host, directMessages } = this.pool
    return host.addressFor({
      name: member.info.name,
      seat: member,
      tell: (message, sender) => directMessages.tell(member, message, sender),
      query: (message, timeout) => directMessages.query(member, message, timeout),
      stopped: () => member.leave('shutdown'),
    })
  }
}

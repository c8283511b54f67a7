import type { Member } from '../members/member'

/** The address of a member. */
interface Address {
  readonly reference: unknown
  stop(): void
}

/** What makes the address of a member. */
export interface AddressPorts {
  addressFor(member: Member): Address
}

/** The addresses of members, each made when it is first asked for. */
export class MemberAddresses {
  #made: Map<Member, Address> | null = null

  constructor(private readonly pool: AddressPorts) {}

  of(member: Member): unknown {
    const made = (this.#made ??= new Map())
    let address = made.get(member)
    if (address === undefined) made.set(member, (address = this.pool.addressFor(member)))
    return address.reference
  }

  /** Stops the address of a member that has ended, with the actors that were spawned under it. */
  stop(member: Member): void {
    if (this.#made === null) return
    this.#made.get(member)?.stop()
    this.#made.delete(member)
  }
}

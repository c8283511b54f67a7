import type { Member } from '../members/member'
import type { Host } from './ports'

type Address = ReturnType<Host['addressFor']>

/** The members' own addresses: made when they are first asked for, stopped with the member. */
export class Addresses {
  readonly #addresses = new Map<Member, Address>()

  constructor(private readonly make: (member: Member) => Address) {}

  of(member: Member): unknown {
    let address = this.#addresses.get(member)
    if (address === undefined) this.#addresses.set(member, (address = this.make(member)))
    return address.reference
  }

  stop(member: Member): void {
    this.#addresses.get(member)?.stop()
    this.#addresses.delete(member)
  }
}

import type { Member } from '../members/member'

/** What makes the address of a member. */
export interface AddressPorts {
  addressFor(member: Member): { readonly reference: unknown; stop(): void }
}

/** The addresses of members, each made when it is first asked for. */
export class MemberAddresses {
  readonly #made = new Map<Member, { readonly reference: unknown; stop(): void }>()

  constructor(private readonly pool: AddressPorts) {}

  of(member: Member): unknown {
    let address = this.#made.get(member)
    if (address === undefined) this.#made.set(member, (address = this.pool.addressFor(member)))
    return address.reference
  }

  /** Stops the address of a member that has ended, with the actors that were spawned under it. */
  stop(member: Member): void {
    this.#made.get(member)?.stop()
    this.#made.delete(member)
  }
}

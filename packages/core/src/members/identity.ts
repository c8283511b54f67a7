import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'

/** Makes the addresses of members. */
interface Addresses {
  addressOf(identity: MemberInfo): unknown
}

/** A member as its handlers see it. The address is made when it is first read. */
export class MemberIdentity implements MemberInfo {
  readonly name: string
  readonly #members: Addresses

  constructor(
    readonly slot: number,
    readonly incarnation: number,
    members: Addresses,
  ) {
    this.name = `member-${slot}.${incarnation}`
    this.#members = members
  }

  get ref(): Ref<unknown> {
    return this.#members.addressOf(this) as never
  }
}

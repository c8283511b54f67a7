import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'

/** Makes the addresses of members. */
interface Addresses {
  addressOf(identity: MemberInfo): unknown
}

/** A member as its handlers see it. Its name and its address are made when they are read. */
export class MemberIdentity implements MemberInfo {
  readonly #members: Addresses

  constructor(
    readonly slot: number,
    readonly incarnation: number,
    members: Addresses,
  ) {
    this.#members = members
  }

  get name(): string {
    return `member-${this.slot}.${this.incarnation}`
  }

  /** What logs show of it. */
  toJSON(): Pick<MemberInfo, 'name' | 'slot' | 'incarnation'> {
    const { name, slot, incarnation } = this
    return { name, slot, incarnation }
  }

  get ref(): Ref<unknown> {
    return this.#members.addressOf(this) as never
  }
}

import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'

/** A member as its handlers see it. The address is made when it is first read. */
export class MemberIdentity implements MemberInfo {
  readonly name: string
  readonly #addressOf: (identity: MemberIdentity) => unknown

  constructor(
    readonly slot: number,
    readonly incarnation: number,
    addressOf: (identity: MemberIdentity) => unknown,
  ) {
    this.name = `member-${slot}.${incarnation}`
    this.#addressOf = addressOf
  }

  get ref(): Ref<unknown> {
    return this.#addressOf(this) as never
  }
}

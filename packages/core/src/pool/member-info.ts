import type { Ref } from 'nact'
import type { MemberInfo } from '../behaviours/context'
import type { Pool } from './pool'

/** Who has a slot, as its handlers see it. The address is made when somebody looks at it. */
export class Info implements MemberInfo {
  readonly name: string
  readonly #pool: Pool

  constructor(
    pool: Pool,
    readonly slot: number,
    readonly incarnation: number,
  ) {
    this.#pool = pool
    this.name = `member-${slot}.${incarnation}`
  }

  get ref(): Ref<unknown> {
    return this.#pool.roster.addressOf(this) as never
  }
}

import { onEvent, type PoolRef } from '@genpool/core'

/** The ways to kill a thread: the message that does it, and how the error of its member begins. */
const CAUSES = {
  exit: /code 1/,
  thrown: /thrown outside/,
  rejected: /nobody listens/,
  memory: /memory/,
} as const

/** `endless` is ended by `stuckAfter`. */
export const FORMS = [...(Object.keys(CAUSES) as (keyof typeof CAUSES)[]), 'endless'] as const
export type Form = (typeof FORMS)[number]
export type Deaths = Record<Form, number>

/** Counts the deaths of a pool's threads, by their form. */
export class DeathCount {
  readonly of: Deaths = { exit: 0, thrown: 0, rejected: 0, memory: 0, endless: 0 }
  /** Errors that no message has asked for. */
  readonly unexpected: unknown[] = []
  readonly #ends: readonly (() => void)[]

  constructor(pool: PoolRef<never>) {
    this.#ends = [
      onEvent('genpool:member:crash', ({ cause }) => this.#died(cause), { pool }),
      onEvent('genpool:member:stuck', () => this.of.endless++, { pool }),
    ]
  }

  /** The forms that have not occurred. */
  get missing(): readonly Form[] {
    return FORMS.filter((form) => this.of[form] === 0)
  }

  close(): void {
    for (const end of this.#ends) end()
  }

  #died(cause: unknown): void {
    const text = String(cause)
    const form = FORMS.find((each) => each !== 'endless' && CAUSES[each].test(text))
    if (form === undefined) this.unexpected.push(cause)
    else this.of[form]++
  }
}

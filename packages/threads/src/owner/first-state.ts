import type { MemberInfo } from '@genpool/core'
import { InitStep, type PoolFacts } from '@genpool/core/elsewhere'
import { clockOffset, systemClock } from '@genpool/runtime'
import type { ToOwner } from '../protocol/messages'
import { decodeError } from '../values/errors'
import { MainCalls } from './main-calls'
import { setupOf } from './setup'
import type { Thread, ThreadListener } from './thread'

/** Has a thread call `init`, for the state that all members share. */
export class FirstState implements ThreadListener {
  /** What `init` made: a state, or a step that says how to start. Rejects with what it threw. */
  readonly made: Promise<unknown>
  readonly #calls: MainCalls
  #resolve!: (made: unknown) => void
  #reject!: (error: unknown) => void

  constructor(thread: Thread, facts: PoolFacts, info: MemberInfo) {
    this.made = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.#calls = new MainCalls(facts.log as object | undefined, (message) => thread.post([message]))
    thread.listen(this)
    const stateOptions = { type: 'shared', commit: 'retry', retries: 0 } as const
    const setup = setupOf({ info, facts, stateOptions, cell: undefined }, clockOffset(systemClock.now()))
    thread.post([['init', setup]])
  }

  hear(messages: readonly ToOwner[]): void {
    for (const message of messages) {
      if (message[0] === 'notMade') this.#reject(decodeError(message[1]))
      else if (message[0] === 'made') this.#made(message[1], message[2], message[3])
      else this.#calls.take(message)
    }
  }

  #made(kind: Extract<ToOwner, readonly ['made', ...unknown[]]>[1], value: unknown, reason: unknown): void {
    this.#resolve(kind === 'state' ? value : new InitStep(kind, value, reason))
  }

  /** What it sends has no values of users. */
  unread(): void {}

  died(cause: unknown): void {
    this.#reject(cause)
  }
}

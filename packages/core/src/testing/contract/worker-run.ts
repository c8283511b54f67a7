import assert from 'node:assert/strict'
import { setTimeout } from 'node:timers/promises'
import { createStore, type Store } from '@genpool/state-ane'
import { type GenPoolError, isGenPoolError } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import { call } from '../../api/messages'
import { ready, spawnPool } from '../../api/spawn-pool'
import type { PoolOptions } from '../../assemble/options'
import type { CallOptions } from '../../pool/message-options'
import type { ContractBehaviour, ContractPool, ContractState } from './contract-behaviour'

/** What the contract of workers is checked against. */
export interface WorkerSubject {
  /** Whether the workers live in virtual time. Workers that run elsewhere do not. Default true. */
  readonly virtual?: boolean
  /** Whether each worker has a state of its own. Default: they share the state of the pool. */
  readonly isolated?: boolean
  /** Makes workers for one pool. Called once for each case that is tried. */
  create(setup: WorkerSetup): Workers
}

/** What workers are made with. */
export interface WorkerSetup {
  /** The clock of the pool; undefined if the subject does not live in virtual time. */
  readonly clock: VirtualClock | undefined
  /** How a handler waits: for `contractBehaviour`. */
  readonly wait: ((ms: number) => Promise<void>) | undefined
}

/** Workers of one pool. */
export interface Workers {
  /** `contractBehaviour`, on these workers. */
  readonly behaviour: ContractBehaviour
  /** Has one worker die that has begun a message; false if none has. Left out: workers that cannot die. */
  kill?(): boolean
  /** Where each worker has a state of its own: what `contractBehaviour` has told of commits, in that order. */
  committed?(): Pick<ContractState, 'ids' | 'batched'>
}

/** One message that a law has sent, and what became of it. */
export interface Sent {
  readonly id: number
  readonly controller: AbortController
  /** Its value if it was answered, its error if not; undefined while neither is so. */
  outcome: { readonly value: unknown } | { readonly error: unknown } | undefined
}

/** How often, and for how long at most, a law looks whether something has happened. */
const STEP_MS = 10
const LIMIT_MS = 10_000

/** A pool on the workers of a subject, with the books kept of what was sent. */
export class WorkerRun {
  readonly sent: Sent[] = []
  readonly pool: ContractPool
  readonly #workers: Workers
  readonly #clock: VirtualClock | undefined
  readonly #system: ActorSystemRef = start()
  readonly #store: Store = createStore({ name: 'contract' })

  /** Whether each worker has a state of its own. */
  readonly isolated: boolean

  constructor(subject: WorkerSubject, options: PoolOptions) {
    this.isolated = subject.isolated === true
    const clock = subject.virtual === false ? undefined : virtualClock()
    this.#clock = clock
    this.#workers = subject.create({ clock, wait: clock === undefined ? undefined : (ms) => clock.wait(ms) })
    this.pool = spawnPool(this.#system, this.#workers.behaviour, 'contract', {
      timeout: Infinity,
      state: this.isolated ? 'isolated' : { type: 'shared', store: this.#store, key: 'contract' },
      restart: { backoff: { min: 1, max: 10 } },
      ...(clock === undefined ? {} : { clock }),
      ...options,
    })
  }

  /** What has committed. It can be read when the pool is gone, too. */
  get state(): ContractState {
    if (this.isolated) return { ids: [], batched: [], count: 0, ...this.#workers.committed?.() }
    return this.#store.cell<ContractState>('contract', { initial: () => ({ ids: [], batched: [], count: 0 }) }).value
  }

  /** Sends a message, and writes down what becomes of it. */
  send(
    type: 'work' | 'add' | 'next' | 'many' | 'obey' | 'told',
    what: { ms?: number; fails?: boolean; halts?: boolean },
    options: CallOptions = {},
  ): Sent {
    const { ms = 0, fails = false, halts = false } = what
    const id = this.sent.length
    const controller = new AbortController()
    const sent: Sent = { id, controller, outcome: undefined }
    this.sent.push(sent)
    const settle = (outcome: NonNullable<Sent['outcome']>): void => {
      assert.equal(sent.outcome, undefined, `message ${id} had two outcomes`)
      sent.outcome = outcome
    }
    call(this.pool, { type: type as 'work', id, ms, fails, halts }, { signal: controller.signal, ...options }).then(
      (value: unknown) => settle({ value }),
      (error: unknown) => settle({ error }),
    )
    return sent
  }

  /** Lets time pass, virtual or real. */
  async pass(ms: number): Promise<void> {
    if (this.#clock !== undefined) return this.#clock.advance(ms)
    await setTimeout(ms)
  }

  /** Waits until `condition` holds, for at most ten seconds. */
  async until(condition: () => boolean, what: string): Promise<void> {
    for (let waited = 0; !condition(); waited += STEP_MS) {
      assert.ok(waited < LIMIT_MS, `after ${LIMIT_MS} ms still not: ${what}`)
      await this.pass(STEP_MS)
    }
  }

  /** Waits until everything that was sent has an outcome. */
  settled(): Promise<void> {
    return this.until(() => this.sent.every(({ outcome }) => outcome !== undefined), 'each message has an outcome')
  }

  /** Whether workers can die. */
  get canKill(): boolean {
    return this.#workers.kill !== undefined
  }

  /** Has one worker die that has begun a message; false if none has. */
  kill(): boolean {
    return this.#workers.kill?.() === true
  }

  async ready(): Promise<void> {
    await Promise.all([ready(this.pool), this.pass(0)])
  }

  end(): void {
    stop(this.#system)
  }
}

/** The error of a message that failed. */
export function errorOf({ id, outcome }: Sent): GenPoolError {
  assert.ok(outcome !== undefined && 'error' in outcome, `message ${id} did not fail`)
  assert.ok(isGenPoolError(outcome.error), `message ${id} failed with ${String(outcome.error)}`)
  return outcome.error
}

/** The value of a message that was answered. */
export function valueOf({ id, outcome }: Sent): unknown {
  assert.ok(outcome !== undefined && 'value' in outcome, `message ${id} was not answered: ${JSON.stringify(outcome)}`)
  return outcome.value
}

/** The ids of those that were answered. */
export function answered(sent: readonly Sent[]): readonly number[] {
  return sent.filter(({ outcome }) => outcome !== undefined && 'value' in outcome).map(({ id }) => id)
}

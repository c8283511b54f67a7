import { getEventListeners } from 'node:events'
import {
  broadcast,
  call,
  cast,
  configure,
  type CallStep,
  type CastStep,
  type Context,
  definePool,
  drain,
  type Eventually,
  getMembers,
  getState,
  halt,
  inspect,
  isGenPoolError,
  noReply,
  type PoolRef,
  ready,
  reply,
  resize,
  spawnPool,
} from '@genpool/core'
import { findActor, NS_PER_MS } from '@genpool/runtime'
import { virtualClock, type VirtualClock } from '@genpool/runtime/testing'
import type { AsyncStore } from '@genpool/state-ane'
import { dispatch, query, start, stop } from 'nact'
import { lateStore } from '../commits/late-store'
import { type Command, type Mode } from './commands'

interface Work {
  readonly id: number
  readonly mode: Mode
  readonly ms: number
}

interface State {
  ids: number[]
}

/** How handlers commit; `written`: to a store that takes time. */
export type Commit = 'retry' | 'exclusive' | 'written'

/** What the test knows of one request. */
interface Sent {
  readonly id: number
  readonly deadline: number
  readonly signal: AbortSignal | undefined
  outcome: 'pending' | 'replied' | 'refused' | 'failed' | 'unknown'
}

/** A pool in virtual time, and what must hold for it. */
export class Bench {
  readonly clock: VirtualClock = virtualClock()
  readonly system = start()
  readonly sent: Sent[] = []
  readonly controllers: AbortController[] = []
  readonly pool: ReturnType<Bench['spawn']>
  /** Members that run a handler now. */
  readonly running = new Set<string>()
  readonly faults: string[] = []
  infos = 0

  constructor(commit: Commit) {
    this.pool = this.spawn(commit)
  }

  spawn(commit: Commit) {
    const behaviour = definePool({
      init: (): State => ({ ids: [] }),
      calls: { work: (msg: Work, state, ctx) => this.handle(msg, state, ctx) },
      casts: {
        work: (msg: Work, state, ctx) => this.handle(msg, state, ctx) as Eventually<CastStep<State>>,
      },
      handleInfo: () => {
        this.infos++
        return noReply()
      },
    })
    return spawnPool(this.system, behaviour, 'pool', {
      size: 3,
      clock: this.clock,
      stuckAfter: 300,
      state: commit === 'written' ? { type: 'shared', store: this.late() } : { type: 'shared', commit },
      restart: { intensity: Infinity },
    })
  }

  /** Its state is read after each step, so it must be there: from a journal, that takes a moment. */
  async begin(): Promise<void> {
    await this.clock.settle()
    await ready(this.pool)
  }

  /** A store that takes a while to write: a request may get its outcome meanwhile. */
  late(): AsyncStore {
    const late = lateStore(this.clock)
    late.takes(8)
    return late.store
  }

  handle(msg: Work, state: State, ctx: Context<State>): Eventually<CallStep<number, State>> {
    const request = this.sent[msg.id]!
    const { name } = ctx.member
    if (this.running.has(name)) this.faults.push(`two handlers of ${name} at once`)
    if (this.clock.now() / NS_PER_MS >= request.deadline)
      this.faults.push(`request ${msg.id} was run after its deadline`)
    if (ctx.attempt === 1 && request.signal?.aborted === true)
      this.faults.push(`request ${msg.id} was run after its abort`)
    const add = (draft: State): void => void draft.ids.push(msg.id)
    if (msg.mode === 'sync') return reply(msg.id, add)
    if (msg.mode === 'crash') throw new Error('crash')
    if (msg.mode === 'halt') return halt('enough', { reply: msg.id, next: add })
    if (msg.mode === 'answer late') {
      const { from } = ctx
      this.clock.setTimer(this.clock.now() + msg.ms * NS_PER_MS, () => {
        from.reply(msg.id)
        from.reply('twice')
      })
      return noReply(add)
    }
    if (msg.mode === 'answer twice') {
      // Both come before the commit, for which the first one waits.
      ctx.from.reply(msg.id)
      ctx.from.reply('twice')
      return noReply(add)
    }
    this.running.add(name)
    return (async () => {
      try {
        if (msg.mode === 'hang') await new Promise(() => undefined)
        await this.wait(msg.mode === 'late' ? 5 * msg.ms : msg.ms)
      } finally {
        this.running.delete(name)
      }
      if (msg.mode === 'crash later') throw new Error('crash later')
      if (msg.mode === 'next') return reply(msg.id, { ids: [...state.ids, msg.id] })
      return reply(msg.id, add)
    })()
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.clock.setTimer(this.clock.now() + ms * NS_PER_MS, resolve))
  }

  send({ op, mode, ms, timeout, signal, priority }: Extract<Command, { mode: Mode }>): void {
    const id = this.sent.length
    const controller = signal !== 'none' && op === 'call' ? new AbortController() : undefined
    if (signal === 'aborted') controller?.abort()
    const expects = op === 'call' || op === 'query'
    const deadline = expects ? this.clock.now() / NS_PER_MS + timeout : Infinity
    const sent: Sent = { id, deadline, signal: controller?.signal, outcome: expects ? 'pending' : 'unknown' }
    this.sent.push(sent)
    if (controller !== undefined) this.controllers.push(controller)
    const msg = { type: 'work' as const, id, mode, ms }
    if (op === 'call') {
      const options = { timeout, priority, ...(controller === undefined ? {} : { signal: controller.signal }) }
      this.watch(sent, call(this.pool, msg, options))
    } else if (op === 'query') {
      this.watch(sent, query(this.pool, msg, timeout))
    } else if (op === 'cast') {
      if (!cast(this.pool, msg, { priority }).ok) sent.outcome = 'refused'
    } else dispatch(this.pool, msg)
  }

  watch(sent: Sent, promise: Promise<unknown>): void {
    const settle = (outcome: Sent['outcome']): void => {
      if (sent.outcome !== 'pending') this.faults.push(`request ${sent.id} had a second outcome`)
      sent.outcome = outcome
    }
    promise.then(
      (value) => {
        if (value !== sent.id) this.faults.push(`request ${sent.id} was answered with ${String(value)}`)
        settle('replied')
      },
      (error: unknown) => {
        if (!isGenPoolError(error)) this.faults.push(`request ${sent.id} failed with ${String(error)}`)
        settle('failed')
      },
    )
  }

  perform(command: Command): Promise<void> | void {
    switch (command.op) {
      case 'call':
      case 'query':
      case 'cast':
      case 'dispatch':
        return this.send(command as Extract<Command, { mode: Mode }>)
      case 'abort':
        return this.controllers[command.which % Math.max(1, this.controllers.length)]?.abort()
      case 'advance':
        return this.clock.advance(command.ms)
      case 'turn':
        return this.clock.settle()
      case 'block':
        return this.clock.block(command.ms)
      case 'resize':
        return resize(this.pool, command.size)
      case 'configure':
        return void configure(this.pool, { broker: { client: { type: command.type, max: command.max } } })
      case 'broadcast':
        return void broadcast(this.pool, { hello: true })
      case 'wrong':
        return this.wrong()
    }
  }

  /** `expect` would take longer than the pool: this happens thousands of times. */
  wrong(): void {
    try {
      configure(this.pool, { size: -1 })
    } catch (error) {
      if (String(error).includes('size')) return
    }
    this.faults.push('a wrong size was taken, or the error does not name it')
  }

  /** What must hold at any time. */
  check(): void {
    const { ids } = getState(this.pool)
    if (new Set(ids).size !== ids.length) this.faults.push(`a message was committed twice: ${String(ids)}`)
    for (const id of ids)
      if (this.sent[id]?.outcome === 'refused') this.faults.push(`request ${id} was refused and committed`)
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'))
  }

  /** Ends the pool, and looks whether everything has its outcome and nothing is left behind. */
  async end(how: 'drain' | 'drain within' | 'stop'): Promise<void> {
    const { pool } = this
    let ids: readonly number[] = []
    const last = (): void => void ({ ids } = getState(pool))
    let drained: Promise<void> | undefined
    if (how === 'stop') {
      last()
      stop(pool)
    } else drained = drain(pool, how === 'drain' ? {} : { within: 30 })
    for (let i = 0; i < 60 && findActor(pool as never) !== undefined; i++) {
      last()
      await this.clock.advance(100)
    }
    await this.clock.advance(500)
    // Requests without a limit whose handler hangs end with the member that is stuck; all others by themselves.
    if (findActor(pool as never) !== undefined) this.faults.push('it did not stop')
    await drained
    this.checkOutcomes(ids)
    this.checkNothingLeft(pool)
  }

  checkOutcomes(ids: readonly number[]): void {
    expect(this.faults).toEqual([])
    const committed = new Set(ids)
    for (const { id, outcome } of this.sent) {
      if (outcome === 'pending') throw new Error(`request ${id} never had an outcome`)
      // The state was read before the end, so what was answered in the last moment may be missing there.
      if (outcome === 'refused') expect(committed.has(id)).toBe(false)
    }
    const { accepted, outcomes, waiting, late, members } = inspect(this.pool)
    expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(accepted)
    expect({ waiting, late, members: members.idle + members.starting }).toEqual({ waiting: 0, late: 0, members: 0 })
  }

  checkNothingLeft(pool: PoolRef): void {
    expect(
      (findActor(this.system as never) as unknown as { tempReferences: Map<unknown, unknown> }).tempReferences.size,
    ).toBe(0)
    for (const { signal } of this.controllers) expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    expect(getMembers(pool).filter((member) => member.status !== 'busy')).toEqual([])
    expect(this.clock.timers).toBe(0)
    stop(this.system)
  }
}

import { type Change, type Nanos, NS_PER_MS, StoppedError, stopTree, textOf, type Timer } from '@genpool/runtime'
import { whenFree } from '@genpool/state-ane'
import { InitStep } from '../behaviours/behaviour'
import { StartAttempts } from '../supervision/start-attempts'
import { makeElastic } from '../elastic/make-elastic'
import { poolConfigured, poolDraining, poolReady, poolStarted, poolStopped } from '../telemetry/channels'
import { msBetween, ofPool } from '../telemetry/payloads'
import { applyChanges } from './changes'
import { Member } from './member'
import { BareContext } from './message-context'
import type { PoolChanges } from './options'
import type { Pool } from './pool'
import { ownCell, sharedCell, stateOptionsOf } from './pool-state'
import { eventually, tellInitFailed } from './roster'

/** Where a pool is in its life. `draining` finishes what it has and takes nothing new. */
export type Phase = 'starting' | 'running' | 'draining' | 'stopped'

/** Starts a pool, makes states, and ends it: at once, or when its work is done. */
export class Lifecycle {
  phase: Phase = 'starting'
  /** Whether requests are let in. Kept as a field: to ask the phase and the actor is 4 % of a short call. */
  accepting = true
  /** Whether it ends or has ended. */
  stopping = false
  /** Why it stopped by itself. */
  cause: unknown = undefined
  readonly ready: Promise<void>
  #becomeReady!: () => void
  #failToStart!: (error: Error) => void
  readonly #starts = new StartAttempts()
  readonly #timers = new Set<Timer>()
  #drained: (() => void)[] = []
  /** Members whose `terminate` has not returned yet. */
  #ending = 0
  #quietSince = 0
  #spawnedAt: Nanos = 0
  #wasReady = false
  /** The shared state while its store gets ready. */
  #opening: Pool['cell'] = undefined

  constructor(private readonly pool: Pool) {
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      this.#failToStart = reject
    })
    // Whoever does not ask is not to be ended by an unhandled rejection.
    this.ready.catch(() => undefined)
  }

  /** How many times in a row the shared state could not be made. */
  get failedStarts(): number {
    return this.#starts.failures
  }

  /** Makes the shared state, if there is one, and then the members. */
  start(size: number): void {
    this.#spawnedAt = this.pool.turn.now()
    if (poolStarted.hasSubscribers) {
      poolStarted.publish({ ...ofPool(this.pool), path: this.pool.actor.path.parts.join('/') })
    }
    const { shutdownAfter } = this.pool.definition.properties
    if (shutdownAfter !== undefined && shutdownAfter > 0) this.#watchIdle(shutdownAfter)
    this.#startState(size)
  }

  #startState(size: number): void {
    if (this.#state.type === 'isolated') return this.#populate(size, 0)
    const member = new Member(this.pool, this.pool.infoOf(0, this.#starts.failures + 1), this.pool.turn.now())
    eventually(
      () => this.initialise(member),
      (state) => this.#startShared(state, size, member),
      (error) => this.#startAgain(error, size, member),
    )
  }

  /** Makes one state: what `init` returns. */
  initialise(member: Member): unknown {
    const { definition, program } = this.pool
    const context = new BareContext(member)
    if (definition.form !== 'plain') return program.callbacks.init?.(context)
    const { initialState, initialStateFunc } = definition.properties
    return initialStateFunc === undefined ? initialState : initialStateFunc(context as never)
  }

  /** Gives a member of its own the state that was made for it. */
  giveState(member: Member, state: unknown): void {
    if (this.pool.definition.form === 'plain') member.state = state
    else member.cell = ownCell(member.name, this.#state, state)
  }

  memberReady(): void {
    if (this.phase === 'starting') this.phase = 'running'
    this.#becomeReady()
    if (this.#wasReady) return
    this.#wasReady = true
    if (!poolReady.hasSubscribers) return
    poolReady.publish({ ...ofPool(this.pool), afterMs: msBetween(this.#spawnedAt, this.pool.turn.refresh()) })
  }

  /** It cannot go on: tells all who wait, and its parent. */
  giveUp(error: unknown, why: string): void {
    if (this.stopping) return
    this.#because(error, why)
    const { actor } = this.pool
    // The parent decides while it can still find the pool; whatever it decides, the pool ends.
    actor.parent?.handleFault(undefined, undefined, this.cause, actor.reference)
    actor.stop()
  }

  /** Ends because something that it needs has been stopped on purpose: no fault that its parent has to decide about. */
  follow(error: unknown, why: string): void {
    if (this.stopping) return
    this.#because(error, why)
    this.pool.actor.stop()
  }

  #because(error: unknown, why: string): void {
    const message = `${why}${error instanceof Error ? `: ${textOf(error)}` : ''}`
    this.cause = new Error(`Pool "${this.pool.name}" gave up: ${message}`, { cause: error })
  }

  /** It is about to be stopped. nact's `stop` ends the members' addresses first, and nobody is to take their places. */
  close(): void {
    this.accepting = false
    this.stopping = true
  }

  /** Ends everything now. Called once, by the actor. */
  stop(): void {
    this.phase = 'stopped'
    this.pool.changes.end()
    this.pool.alarm?.end()
    this.pool.alarm = null
    if (poolStopped.hasSubscribers) {
      poolStopped.publish({ ...ofPool(this.pool), cause: this.cause, ...this.#work })
    }
    this.#failToStart(new StoppedError(this.pool.name, false, this.cause))
    for (const request of this.pool.port.drain()) request.fail(this.pool.failures.stopped(request))
    for (const request of [...this.pool.late]) request.fail(this.pool.failures.stopped(request))
    this.pool.roster.shutDown('shutdown')
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
    this.pool.port.close()
    this.#checkDrained()
  }

  /** Changes options. @throws {OptionsError | StoppedError} and changes nothing */
  configure(changes: PoolChanges): readonly Change[] {
    if (this.stopping) throw new StoppedError(this.pool.name, false, this.cause)
    const { given, changed } = applyChanges(this.pool, this.pool.given, changes)
    this.pool.given = given
    if (changed.length > 0 && poolConfigured.hasSubscribers) {
      poolConfigured.publish({ ...ofPool(this.pool), changes: changed })
    }
    return changed
  }

  /** Takes nothing new, finishes what it has, then stops; or stops after so many milliseconds. */
  drain(within: number): Promise<void> {
    if (this.accepting) {
      this.accepting = false
      this.phase = 'draining'
      if (poolDraining.hasSubscribers) poolDraining.publish({ ...ofPool(this.pool), ...this.#work })
    }
    if (!this.stopping && within !== Infinity) this.after(within, () => this.pool.actor.stop())
    const drained = new Promise<void>((resolve) => this.#drained.push(resolve))
    this.settle()
    return drained
  }

  /** Something is done; perhaps it was the last. */
  settle(): void {
    if (this.phase === 'draining' && this.pool.quiet) this.pool.actor.stop()
    else this.#checkDrained()
  }

  /** A member has ended: releases what its `init` opened. */
  memberEnded(member: Member, reason: unknown): void {
    const { definition, program } = this.pool
    const { afterStop } = definition.properties
    const { terminate } = program.callbacks
    const state = stateOf(member)
    const context = new BareContext(member)
    const end =
      definition.form === 'plain'
        ? this.stopping &&
          afterStop !== undefined &&
          (() => afterStop(state, { ...context, children: context.children, mailbox: [] } as never))
        : terminate !== undefined && (() => terminate(reason, state, context))
    if (end === false) return this.#checkDrained()
    this.#ending++
    eventually(
      end,
      () => this.#ended(),
      (error) => {
        this.pool.warn(error)
        this.#ended()
      },
    )
  }

  #ended(): void {
    this.#ending--
    this.#checkDrained()
  }

  /** Begins anew, as nact's `reset` promises: spawned actors are stopped, states are made again, what waits is kept. */
  reset(): void {
    if (this.stopping) return
    this.pool.actor.spawned.forEach(stopTree)
    const { cell } = this.pool
    if (cell === undefined) {
      for (const member of this.pool.roster.members) member.leave('reset')
      return
    }
    const member = new Member(this.pool, this.pool.infoOf(0, 1), this.pool.turn.now())
    eventually(
      async () => {
        const state = await this.initialise(member)
        await whenFree(cell, (writer) =>
          writer.compareAndSet(cell.version, state instanceof InitStep ? state.value : state),
        )
      },
      () => undefined,
      (error) => this.giveUp(error, 'its init failed when it was reset'),
    )
  }

  /** Stops the pool when it had nothing to do for so long, as nact's `shutdownAfter` promises. */
  #watchIdle(ms: number): void {
    this.#quietSince = this.pool.turn.now()
    const check = (): void => {
      const quiet = (this.pool.turn.refresh() - this.#quietSince) / NS_PER_MS
      if (!this.pool.quiet) this.after(ms, check)
      else if (quiet < ms) this.after(ms - quiet, check)
      else this.pool.actor.stop()
    }
    this.after(ms, check)
  }

  /** A message came, or was done with. */
  active(): void {
    this.#quietSince = this.pool.turn.now()
  }

  /** Calls `fn` after so many milliseconds, unless it is cancelled or the pool stops. */
  after(ms: number, fn: () => void): Timer {
    const { clock } = this.pool.options
    const timer = clock.setTimer(clock.now() + ms * NS_PER_MS, () => {
      this.#timers.delete(timer)
      fn()
    })
    this.#timers.add(timer)
    return {
      cancel: () => {
        timer.cancel()
        this.#timers.delete(timer)
      },
    }
  }

  /** What it has to do. */
  get #work(): { readonly waiting: number; readonly busy: number } {
    return { waiting: this.pool.port.length, busy: this.pool.busy }
  }

  get #state(): ReturnType<typeof stateOptionsOf> {
    return stateOptionsOf(this.pool.options.state, this.pool.definition.form === 'plain')
  }

  #startShared(state: unknown, size: number, member: Member): void {
    if (this.stopping) return
    const step = state instanceof InitStep ? state : undefined
    if (step?.kind === 'refuse') return this.giveUp(step.reason, 'its init refused to start')
    if (step?.kind === 'ignore') return this.giveUp('ignore', 'its init wants no member')
    eventually(
      () => this.#openCell(step === undefined ? state : step.value),
      () => this.#startMembers(step, size),
      (error) => this.#startAgain(error, size, member),
    )
  }

  /** Makes the cell; a store that reads a journal first is waited for. */
  #openCell(initial: unknown): unknown {
    this.#opening = sharedCell(this.pool.name, this.#state, initial)
    return (this.#state.store as { readonly ready?: PromiseLike<void> } | undefined)?.ready
  }

  #startMembers(step: InitStep | undefined, size: number): void {
    if (this.stopping) return
    this.pool.cell = this.#opening
    this.#populate(size, step === undefined ? 0 : 1)
    const [first] = this.pool.roster.members
    if (step !== undefined && first !== undefined) this.pool.intake.continueWith(first, step.reason)
    this.memberReady()
  }

  /** Starts the members. @param atLeast so many, also if the size is elastic and the least is less */
  #populate(fallback: number, atLeast: number): void {
    const { options, roster } = this.pool
    if (typeof options.size !== 'object') return roster.resize(options.size ?? fallback)
    makeElastic(this.pool, options.size).start(atLeast)
    // Nobody has to start before it can take requests.
    if (roster.size === 0) this.memberReady()
  }

  #startAgain(error: unknown, size: number, member: Member): void {
    if (this.stopping) return
    this.pool.door?.startFailed(error)
    const wait = this.#starts.failed(this.pool.options.restart, this.pool.options.random())
    tellInitFailed(member, error, this.#starts.failures, wait)
    if (wait === null) return this.giveUp(error, `its init failed ${this.#starts.failures} times in a row`)
    this.after(wait / NS_PER_MS, () => this.#startState(size))
  }

  #checkDrained(): void {
    if (!this.stopping || this.#ending > 0 || this.pool.roster.members.length > 0) return
    const drained = this.#drained
    this.#drained = []
    for (const resolve of drained) resolve()
  }
}

/** The last state of a member, wherever it is kept. */
export function stateOf(member: Member): unknown {
  return member.cell === undefined ? member.state : member.cell.value
}

import type { Attempt, Cell, Recipe } from '@genpool/state-ane'
import type { GenPoolError } from '@genpool/runtime'
import type { MemberInfo } from '../behaviours/context'
import { isNoAnswer } from '../behaviours/answerable'
import { draftIn } from '../behaviours/ended-drafts'
import { type Following, Step } from '../behaviours/step'
import type { Request } from '../requests/request'
import { InProcessWorker } from '../work/in-process'
import type { InProcessPool } from '../work/in-process-pool'
import { CellKeeper } from '../work/state-keeper'
import type { WorkerHost } from '../work/worker'
import { ahead, type Errand } from './errand'

/** A copy of a cell that is elsewhere. Commits go there, and the cell has the last word on them. */
export interface CellElsewhere extends Cell<unknown> {
  /** Makes the next state with a recipe, on the value that is here. */
  produce(recipe: Recipe<unknown>): unknown
}

/** Who has the last word before a commit. */
export interface LastWord {
  commits(errand: Errand, changes: boolean): boolean
  abortOf(errand: Errand): GenPoolError | undefined
  /** Its handler is called once more: another commit came first, or it holds the state now. */
  runsAgain?(errand: Errand): void
  /** Its handler wants its member to do something else before any other message: to continue, or to end. May refuse, with an error. */
  follows?(errand: Errand, then: Following): void
}

/** What comes of a run if its commit is done. */
export interface AfterCommit {
  /** The answer, which needs no way back then; undefined if it is made after the commit. */
  readonly answer: { readonly value: unknown } | undefined
  /** Whether the run is over then: nothing else is left to be told. */
  readonly ends: boolean
}

const OPEN: AfterCommit = { answer: undefined, ends: false }
const ENDS: AfterCommit = { answer: undefined, ends: true }

/** Asks before each commit whether the caller still waits, where its pool is. */
export class LastWordWorker extends InProcessWorker {
  lastWord: LastWord | null = null
  readonly #cell: CellElsewhere | null
  /** What the handler has returned. */
  #step: Step | null = null
  /** Whether its answer goes with its commit. */
  #isSent = false

  constructor(pool: InProcessPool, info: MemberInfo, host: WorkerHost<Request>, cell: CellElsewhere | null) {
    super(pool, info, host, cell === null ? null : new CellKeeper(cell))
    this.#cell = cell
  }

  override get shortCell(): null {
    return null
  }

  override give(job: Request): void {
    // Before an exclusive run it is asked for its commit already.
    this.#step = null
    super.give(job)
  }

  override run(state: unknown, attempt: Attempt): Step | PromiseLike<Step> {
    this.#step = null
    if (attempt.number > 1 || attempt.exclusive) this.lastWord?.runsAgain?.(this.first as Errand)
    const step = super.run(state, attempt)
    if (step instanceof Step) this.#look(step)
    return this.#cell !== null && !attempt.exclusive && step instanceof Step ? this.#fixed(this.#cell, step) : step
  }

  override lateStep(result: unknown): Step {
    const step = super.lateStep(result)
    this.#look(step)
    return step
  }

  #look(step: Step): void {
    const then = step.following
    this.#step = step
    this.#isSent = false
    if (then !== undefined && ('continue' in then || 'halt' in then))
      this.lastWord?.follows?.(this.first as Errand, then)
  }

  /**
   * A recipe of a handler that took the state and did not await. In the pool's own thread nothing can come between the two; here the
   * handler runs again if something did.
   */
  #fixed(cell: CellElsewhere, step: Step): Step {
    const { kind, value, next, following } = step
    const readsState = (this.first as Request).handler.handle.length > 1
    const isExclusive = (step.mode ?? this.pool.commitOptions.mode) === 'exclusive'
    if (typeof next !== 'function' || !readsState || isExclusive) return step
    const made = cell.produce(next as Recipe<unknown>)
    return made === undefined ? step : new Step(kind, value, made, { ...following, commit: 'retry' })
  }

  override admit(): Error | undefined {
    const refusal = super.admit()
    const errand = this.first as Errand | null
    if (refusal !== undefined || errand === null || this.lastWord === null) return refusal
    // A cell that is elsewhere asks when it commits.
    if (this.#cell !== null) return this.lastWord.abortOf(errand)
    if (this.lastWord.commits(errand, this.#step?.next !== undefined)) return undefined
    return this.lastWord.abortOf(errand) ?? this.pool.failures.gone()
  }

  /** What comes of its run by a commit that leads to `state`. It is sent with the commit, and asked again if that is made again. */
  afterCommit(state: unknown): AfterCommit {
    const errand = this.first as Errand | null
    const step = this.#step
    this.#isSent = false
    if (errand === null || step === null || errand.outcome !== null || errand.handler.batch > 0) return OPEN
    const { rarely } = errand
    if (rarely !== null && rarely.promised !== null) return OPEN
    const ends = rarely === null && !hasMore(step)
    const held = rarely === null ? null : rarely.held
    if (held === null && step.kind !== 'reply') return ends && errand.kind === 'cast' ? ENDS : OPEN
    const value = held === null ? valueAhead(errand, step, state) : held.value
    if (value === NONE || isNoAnswer(value) || draftIn(value) !== undefined) return OPEN
    this.#isSent = true
    return { answer: { value }, ends }
  }

  /** The commit that was sent came to nothing: what was sent with it, too. */
  commitLost(): void {
    this.#isSent = false
  }

  override committed(step: Step, state: unknown): void {
    const errand = this.first as Errand | null
    if (this.#isSent && errand !== null) {
      errand.answeredAlready()
      return super.committed(new Step('noReply', undefined, step.next, step.following), state)
    }
    if (this.#cell !== null && errand !== null && this.lastWord?.commits(errand, step.next !== undefined) === false) {
      errand.giveUpAll(this.lastWord.abortOf(errand) ?? this.pool.failures.gone())
      if (errand.rarely !== null) errand.rarely.effects = null
    }
    super.committed(step, state)
  }
}

const NONE = Symbol('none')

/** Whether its member does something else next than to take a message. */
function hasMore({ following }: Step): boolean {
  if (following === undefined) return false
  for (const key in following) if (key !== 'commit') return true
  return false
}

/** A function that throws, or settles its call itself, is called again after the commit. */
function valueAhead(errand: Errand, { value }: Step, state: unknown): unknown {
  if (typeof value !== 'function') return value
  ahead.errand = errand
  ahead.wasSettled = false
  try {
    const made = (value as (state: unknown) => unknown)(state)
    return (ahead as { readonly wasSettled: boolean }).wasSettled ? NONE : made
  } catch {
    return NONE
  } finally {
    ahead.errand = null
  }
}

import type { Job } from '@genpool/core'
import { textOf, warn } from '@genpool/runtime'
import type { JobToThread, ToThread } from '../protocol/messages'
import { withPlainAddresses } from '../values/addresses'
import { isReadable } from '../values/cloneable'
import { StateMemory } from '../values/state-memory'
import { canMove, type Transferable, transferListOf, wasSent } from '../values/transfer'
import { type StateLink, unsendable } from './state-link'
import type { Thread } from './thread'

const RESOLVED = Promise.resolve()

/**
 * Runs a function after all microtasks: Node's own, because the fake ones of a test lose what waits when they end. Where this file is
 * loaded while there are fake ones, Node's cannot be had.
 */
const { nextTick } = process
const afterMicrotasks = 'clock' in nextTick ? (fn: () => void) => void RESOLVED.then(fn) : nextTick

/** Sends what becomes ready for a thread in one turn in one post. */
export class Posting {
  #waiting: ToThread[] = []
  #list: Transferable[] | undefined = undefined
  /** Whether each job of the next post has one of its own. */
  #isOneByOne = false
  #scheduled = false
  /** How many jobs wait. */
  #jobs = 0
  /** Whether the last post had one job. */
  #isSingle = false
  readonly #stateMemory = new StateMemory(() => this.link()?.shared.cell.value)

  /**
   * @param refuse called with the job of a message that cannot be cloned, is nested too deeply, or throws when it is read; or that cannot
   * have the state, with the reason
   */
  constructor(
    private readonly thread: Thread,
    private readonly refuse: (id: number, reason?: unknown) => void,
    private readonly link: () => StateLink | null,
  ) {}

  add(message: ToThread): void {
    this.#waiting.push(message)
    this.soon()
  }

  /**
   * A job that comes alone, after one that came alone, is sent at once: nothing else would go with it, and its thread wakes up while
   * this one goes on with its turn. (Tiny tasks, one at a time: 7 %.)
   *
   * @param isOnly whether the thread has no other
   */
  addJob(message: JobToThread, isOnly: boolean): void {
    this.#waiting.push(message)
    this.#jobs++
    if (isOnly && this.#isSingle && !this.#scheduled) this.#send()
    else this.soon()
  }

  /** Sends soon what there is. */
  soon(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    // After what callers do with the answers that they get now: what they send then goes in the same post.
    void RESOLVED.then(this.#afterCallers)
  }

  /** Sends at once what there is. */
  now(): void {
    this.#send()
  }

  /** Sends these and the state as it is now, before all that waits. @throws {InvalidError} if that cannot be sent */
  first(messages: readonly ToThread[]): void {
    const state = this.link()?.take() ?? NOTHING
    try {
      this.thread.post([...messages, ...state])
    } catch (error) {
      const wrong = state.find((message) => message[0] === 'state' && !isReadable(message[1]))
      throw wrong?.[0] === 'state' ? unsendable(wrong[1]) : error
    }
  }

  readonly #afterCallers = (): void => afterMicrotasks(this.#atLast)
  readonly #atLast = (): void => this.#send()

  /** The message of this job is moved, not copied. */
  move(list: readonly Transferable[]): void {
    this.#list = [...(this.#list ?? []), ...list]
  }

  /** Sends each job of the next post in one of its own: a thread has died of one of them. */
  oneByOne(): void {
    this.#isOneByOne = true
  }

  #send(): void {
    const link = this.link()
    if (link !== null) return this.#sendWith(link)
    this.#sendAll()
  }

  /** The state comes before what could read it. */
  #sendWith(link: StateLink): void {
    const { end } = link
    if (end !== null) return this.#sendWithout(end)
    const state = link.take()
    this.#scheduled = false
    const list = this.#list
    const later = link.isUncertain ? this.#waiting.filter(isJob) : NOTHING
    this.#waiting = [...state, ...(later.length === 0 ? this.#waiting : this.#waiting.filter((each) => !isJob(each)))]
    if (later.length > 0) this.#list = undefined
    if (this.#waiting.length > 0) this.#sendAll()
    if (later.length === 0) return
    // Sent when the commit is written: the link calls `soon` then.
    this.#waiting = later
    this.#list = list
  }

  /** The state is no more: what the thread has still ends, and what could only read it is refused. */
  #sendWithout(end: unknown): void {
    const { link } = this
    const jobs = this.#waiting.filter(isJob)
    this.#waiting = [...(link()?.take() ?? NOTHING), ...this.#waiting.filter((each) => !isJob(each))]
    this.#jobs = 0
    this.#list = undefined
    this.#sendAll()
    for (const [, , { id }] of jobs) this.refuse(id, end)
  }

  #sendAll(): void {
    const messages = this.#waiting
    const list = this.#list
    this.#waiting = []
    this.#list = undefined
    this.#scheduled = false
    this.#isSingle = this.#jobs === 1
    if (this.#jobs > 0) this.thread.waiting.begin()
    this.#jobs = 0
    if (list !== undefined || this.#isOneByOne) return this.#sendMoving(messages)
    this.#sendTogether(messages)
  }

  #sendTogether(messages: readonly ToThread[]): void {
    try {
      this.#post(messages, undefined)
    } catch {
      for (const message of messages) this.#sendAlone(message)
    }
  }

  /**
   * What is moved cannot be sent a second time. A post that the thread cannot read is: so each job that moves memory has one of its own,
   * and a message that is at fault beside it costs it nothing.
   */
  #sendMoving(messages: readonly ToThread[]): void {
    const isOneByOne = this.#isOneByOne
    this.#isOneByOne = false
    let together: ToThread[] = []
    for (const message of messages) {
      if (!isJob(message) || (!isOneByOne && movedWith(message) === undefined)) together.push(message)
      else {
        if (together.length > 0) this.#sendTogether(together)
        together = []
        this.#sendAlone(message)
      }
    }
    if (together.length > 0) this.#sendTogether(together)
  }

  #post(messages: readonly ToThread[], given: readonly Transferable[] | undefined): void {
    const list = given === undefined ? undefined : this.#stateMemory.movable(given)
    if (list === undefined) return this.thread.post(messages)
    if (!canMove(list))
      throw new TypeError('the list of what is to be moved names memory twice, or memory that was moved before')
    this.thread.post(messages, list)
    for (const message of messages) if (isJob(message)) for (const each of messagesOf(message)) wasSent(each)
  }

  #sendAlone(message: ToThread): void {
    const list = message[0] === 'job' ? movedWith(message) : undefined
    try {
      this.#post([message], list)
    } catch {
      this.#sendPlainly(message, list)
    }
  }

  /** Perhaps only an address in it cannot be cloned. */
  #sendPlainly(message: ToThread, list: readonly Transferable[] | undefined): void {
    try {
      this.#post([withPlainAddresses(message) as ToThread], list)
    } catch (error) {
      this.unsent(message, error)
    }
  }

  /** A message cannot be sent, or the thread cannot read it. */
  unsent(message: ToThread, error: unknown): void {
    if (message[0] === 'job') this.refuse(message[2].id)
    // Without it the thread would not know what the state is.
    else if (message[0] === 'state') this.thread.endFor(unsendable(message[1]))
    else warn(`A message to a thread could not be sent: ${textOf(error)}`)
  }
}

const NOTHING: ToThread[] = []

function isJob(message: ToThread): message is JobToThread {
  return message[0] === 'job'
}

function messagesOf([, , { message }, companions]: JobToThread): readonly unknown[] {
  return [message, ...(companions ?? []).map((each) => each.message)]
}

function movedWith(job: JobToThread): readonly Transferable[] | undefined {
  return listOf(messagesOf(job))
}

/** What is moved with messages that go together. They may name the same memory. */
function listOf(messages: readonly unknown[]): readonly Transferable[] | undefined {
  const list = messages.flatMap((message) => transferListOf(message) ?? [])
  return list.length > 0 ? [...new Set(list)] : undefined
}

/** What is moved with the messages of a job; undefined for nothing. */
export function movedWithJob(job: Job): readonly Transferable[] | undefined {
  return job.companions === null
    ? transferListOf(job.message)
    : listOf([job, ...job.companions].map((each) => each.message))
}

import { call, cast, isGenPoolError } from '@genpool/core'
import type { RecentHistogram } from '@genpool/core/elsewhere'
import { lookUp, NS_PER_MS, ReplyReference, warnOf } from '@genpool/runtime'
import { dispatch } from 'nact'
import { typeIn } from '../nodes/served-types'
import { Kind, type RequestHeader } from '../wire/frames'
import type { AnswerFrames } from './answer-frames'
import type { Answers } from './answers'
import type { EndpointPorts, Incoming } from './endpoint-ports'
import { type Memory, NO_ANSWER } from './memory'

/** So many types are warned of. */
const MOST_WARNED = 100

/** A request that has come and was read. */
export interface Arrived {
  readonly kind: number
  readonly header: RequestHeader
  readonly value: unknown
  /** The address of its answer; empty if it wants none. */
  readonly reply: string
  readonly message: Incoming
}

/** What the runs of a node need. */
interface RunsParts {
  readonly ports: Pick<EndpointPorts, 'pool' | 'name' | 'clock' | 'settings' | 'changed'>
  readonly memory: Memory
  readonly frames: AnswerFrames
  readonly answers: Answers
  /** How long requests took here, from their arrival to their answer. */
  readonly took: RecentHistogram
  /** A call goes back to its sender. */
  giveBack(reply: string): void
  /** A call has ended. */
  ended(): void
}

/** Gives requests to the pool, and its answers to those who wait for them. */
export class Runs {
  /** The types of messages of which was said that their progress cannot travel. */
  readonly #warned = new Set<string>()

  constructor(private readonly parts: RunsParts) {}

  begin(request: Arrived): void {
    const { propagation } = this.parts.ports.settings
    const { headers } = request.message
    if (propagation === undefined || headers === undefined) return this.#run(request)
    const carrier = { get: (name: string) => headers.get(name) || undefined, names: () => headers.keys() }
    try {
      propagation.within(carrier, () => this.#run(request))
    } catch (error) {
      this.parts.answers.refuse(request.reply, request.message.data, error)
    }
  }

  #run({ kind, header, value, reply }: Arrived): void {
    const { ports, answers } = this.parts
    const { priority, key } = header
    const options = { ...(priority === undefined ? {} : { priority }), ...(key === undefined ? {} : { key }) }
    ports.changed()
    if (kind === Kind.cast) {
      const result = cast(ports.pool as never, value as never, options)
      if (!result.ok) answers.fail(reply, result.error)
    } else if (kind === Kind.dispatch) this.#dispatch(value, reply)
    else this.#call(value, reply, header, options)
  }

  #call(value: unknown, reply: string, header: RequestHeader, options: object): void {
    const { ports, memory, frames, answers } = this.parts
    const signal = memory.began(reply, ports.clock.now(), header.mayReturn)
    const lost = (error: unknown): void => this.#progressLost(value, error)
    const onProgress = header.wantsProgress
      ? { onProgress: (told: unknown) => answers.send(reply, frames.progress(told, lost)) }
      : {}
    call(ports.pool as never, value as never, {
      ...options,
      ...onProgress,
      timeout: header.budgetMs,
      signal: signal as never,
    }).then(
      (answer: unknown) => this.#ended(reply, (heldMs) => frames.answer(answer, heldMs)),
      (error: unknown) => {
        if (signal.isReturned && isUnbegun(error)) {
          memory.forget(reply)
          // It has been sent again meanwhile: its sender would not hear any more that it is given back.
          if (!signal.mayReturn) return this.#call(value, reply, { ...header, mayReturn: false }, options)
          this.parts.giveBack(reply)
          return ports.changed()
        }
        this.#ended(reply, (heldMs) => frames.failure(error, heldMs))
      },
    )
  }

  /** Progress cannot travel. A handler may tell much: one warning for each type of messages. */
  #progressLost(message: unknown, error: unknown): void {
    const type = typeIn(message) ?? ''
    if (this.#warned.has(type) || this.#warned.size >= MOST_WARNED) return
    this.#warned.add(type)
    const { name } = this.parts.ports
    warnOf(`Progress of "${type}" in "${name}" cannot travel, so its callers are not told.`, error)
  }

  #dispatch(value: unknown, reply: string): void {
    const { ports, memory, frames, answers } = this.parts
    const { pool } = ports
    const system = (lookUp(pool) as { system?: ConstructorParameters<typeof ReplyReference>[0] } | undefined)?.system
    if (reply === '' || system === undefined) return dispatch(pool as never, value as never)
    // It may never be answered: it is remembered for a while, however long it runs.
    memory.note(reply, NO_ANSWER, ports.clock.now())
    const sender = new ReplyReference(system, {
      resolve: (answer: unknown) => {
        sender.close()
        answers.sendNoted(reply, frames.answer(answer))
      },
    } as never)
    ;(dispatch as (to: unknown, message: unknown, from: unknown) => void)(pool, value, sender)
  }

  #ended(reply: string, make: (heldMs: number | undefined) => Uint8Array): void {
    const { ports, memory, answers, took } = this.parts
    const now = ports.clock.now()
    const frame = memory.answered(reply, now, (heldNs) => {
      if (heldNs !== undefined) took.record(heldNs, now)
      return make(heldNs === undefined ? undefined : heldNs / NS_PER_MS)
    })
    answers.send(reply, frame)
    ports.changed()
    this.parts.ended()
  }
}

function isUnbegun(error: unknown): boolean {
  return isGenPoolError(error, 'ERR_GENPOOL_CANCELLED') && !error.started
}

import { AsyncResource } from 'node:async_hooks'
import type { GenPoolError, Reference } from '@genpool/runtime'
import { InvalidError } from '@genpool/state-ane'
import type { CompiledBehaviour } from '../behaviours/compiled-behaviour'
import { NO_HANDLER } from '../behaviours/handler'
import { nobody } from '../hot-imports'
import type { Member } from '../members/member'
import { Request } from '../requests/request'
import { checkMessage } from './check-message'
import { applyTimeout } from './message-options'
import type { Pool } from './pool'

/** Where messages for one member and no other come in. They do not pass through the broker. */
export class DirectMessages {
  /** Each in the asynchronous context of its sender. */
  #forLateJoiners: ((member: Member) => void)[] | null = null

  constructor(
    private readonly pool: Pool,
    private readonly behaviour: CompiledBehaviour,
  ) {}

  /** Sends a message to one member: as `handleInfo`, or to a plain function as a message. */
  tell(member: Member, message: unknown, sender: Reference = nobody): void {
    const { pool, behaviour } = this
    const request = new Request(pool, 'direct', behaviour.info ?? NO_HANDLER, message, null, pool.turn.now())
    if (sender !== nobody) request.extend().sender = sender
    this.submit(member, request, behaviour.info === undefined ? checkMessage(request, behaviour) : undefined)
  }

  /** Sends a query to one member's own address. */
  query(member: Member, message: unknown, timeout: number): Promise<unknown> {
    const { pool, behaviour } = this
    const handler = behaviour.call(message) ?? NO_HANDLER
    let resolve!: (value: unknown) => void
    const promise = new Promise((done) => (resolve = done))
    const request = new Request(pool, 'query', handler, message, resolve, pool.turn.now())
    this.submit(member, request, applyTimeout(request, timeout) ?? checkMessage(request, behaviour))
    return promise
  }

  /** Has a member call `handleContinue` before anything else. */
  continueWith(member: Member, argument: unknown): void {
    const { pool, behaviour } = this
    const { continuation } = behaviour
    const request = new Request(pool, 'direct', continuation ?? NO_HANDLER, argument, null, pool.turn.now())
    if (continuation !== undefined) return pool.submitFirst(member, request)
    const message = 'a step says { continue }, and the behaviour has no handleContinue'
    pool.refuse(request, new InvalidError(`step of pool "${pool.name}"`, [{ path: ['continue'], message }]))
  }

  /** Sends a message to each of `members`; if `later`, also to members that start from now on. Returns how many got it. */
  broadcast(members: readonly Member[], message: unknown, later: boolean): number {
    for (const member of members) this.tell(member, message)
    if (later) (this.#forLateJoiners ??= []).push(AsyncResource.bind((member) => this.tell(member, message)))
    return members.length
  }

  /** Sends a member what was broadcast before it was there. */
  welcome(member: Member): void {
    if (this.#forLateJoiners !== null) for (const tell of this.#forLateJoiners) tell(member)
  }

  private submit(member: Member, request: Request, fault: GenPoolError | undefined): void {
    if (fault === undefined) this.pool.submitTo(member, request)
    else this.pool.refuse(request, fault)
  }
}

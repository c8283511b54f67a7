import { RecentHistogram, WINDOW } from '@genpool/core/elsewhere'
import { type Nanos, NS_PER_MS, textOf, UnreachableError } from '@genpool/runtime'
import { BadFrame, isBadFrame, unknownKind } from '../wire/errors'
import { type Cancel, type Frame, Kind, openFrame, readCancel, readRequest, type RequestHeader } from '../wire/frames'
import { AnswerFrames } from './answer-frames'
import { Answers } from './answers'
import { CatchUp } from './catch-up'
import type { EndpointCounts, EndpointPorts, Incoming } from './endpoint-ports'
import { HeldRequests } from './held-requests'
import { Memory, NO_ANSWER } from './memory'
import { type Arrived, Runs } from './runs'

/** So many addresses are remembered to which calls were given back. */
const MOST_RETURNED = 10_000

/** Turns frames into messages to the pool, and its answers into frames. It never throws, whatever the bytes are. */
export class Endpoint {
  readonly counts: EndpointCounts = {
    received: 0,
    answered: 0,
    failed: 0,
    bad: 0,
    repeated: 0,
    cancelled: 0,
    returned: 0,
  }
  /** How long requests took here, from their arrival to their answer. */
  readonly took: RecentHistogram
  readonly #memory: Memory
  readonly #held = new HeldRequests(() => this.#rest())
  /** This process was away: what has come may be cancelled by what comes next. */
  #wasAway = false
  readonly #catchUp: CatchUp
  readonly #frames: AnswerFrames
  readonly #answers: Answers
  readonly #runs: Runs
  /** The addresses of the last calls that were given back. */
  readonly #givenBack = new Set<string>()
  #idle: (() => void) | null = null

  constructor(private readonly ports: EndpointPorts) {
    const now = ports.clock.now()
    this.took = new RecentHistogram(WINDOW, now)
    this.#memory = new Memory(now, () => ports.settings.rememberBytes ?? Infinity)
    this.#catchUp = new CatchUp(ports.state, this.#held)
    this.#frames = new AnswerFrames(ports, this.counts, () => this.running)
    const parts = { ports, memory: this.#memory, frames: this.#frames }
    this.#answers = new Answers({ ...parts, counts: this.counts })
    this.#runs = new Runs({
      ...parts,
      answers: this.#answers,
      took: this.took,
      giveBack: (reply) => this.#return(reply),
      ended: () => this.#rest(),
    })
  }

  /** How many requests it works on. */
  get running(): number {
    return this.#memory.running + this.#held.size
  }

  receive(message: Incoming): void {
    const reply = message.reply ?? ''
    try {
      const { maxBytes } = this.ports.settings
      if (message.data.length > maxBytes) {
        throw new BadFrame(`it has ${message.data.length} bytes, and "maxBytes" is ${maxBytes} here`)
      }
      this.#frame(openFrame(message.data), reply, message)
    } catch (error) {
      this.#answers.refuse(reply, message.data, error)
    }
  }

  /** Whether the request that is answered at this address runs here, or was answered or given back lately. */
  stateOf(reply: string): 'running' | 'answered' | undefined {
    return this.#memory.stateOf(reply) ?? (this.#givenBack.has(reply) ? 'answered' : undefined)
  }

  /** Waits with what comes until all that has come is read: whoever gave up meanwhile has said so in it. */
  hold(): void {
    if (this.#wasAway) return
    this.#wasAway = true
    const release = this.#held.hold()
    const { clock } = this.ports
    clock.defer(() =>
      clock.defer(() => {
        this.#wasAway = false
        release()
      }),
    )
  }

  /** Resolves when nothing runs. */
  idle(): Promise<void> {
    return this.running === 0 ? Promise.resolve() : new Promise((resolve) => (this.#idle = resolve))
  }

  #frame(frame: Frame, reply: string, message: Incoming): void {
    if (frame.kind === Kind.cancel) return this.#cancel(readCancel(frame))
    if (frame.kind !== Kind.call && frame.kind !== Kind.cast && frame.kind !== Kind.dispatch) {
      throw unknownKind(frame.kind)
    }
    if (frame.kind === Kind.call && reply === '') throw new BadFrame('a call needs an address for its answer')
    const header = readRequest(frame)
    // Its sender does not know that this node has connected again, and that earlier ones of its key may be lost.
    const isEarly = header.epoch !== undefined && header.epoch !== this.ports.epoch()
    if (isEarly) return this.#answers.send(reply, this.ports.said())
    if (this.#isOpen(frame.kind, reply) || (header.again && this.#cameBefore(reply, header))) return
    if (frame.kind === Kind.call && this.#mayReturn(header)) return this.#returnNew(reply, header)
    const value = this.#body(frame.body)
    this.counts.received++
    const request = { kind: frame.kind, header, value, reply, message }
    this.#catchUp.with(header)
    if (!this.#held.isHolding) return this.#runs.begin(request)
    const cameAt = this.ports.clock.now()
    this.#held.add(frame.kind === Kind.cast ? '' : reply, () => this.#beginLate(request, cameAt))
  }

  /** The pool is paused: calls that have not begun go back to their senders, as far as they may. What has a key keeps its place. */
  giveBack(): void {
    const unbegun = new Set(this.ports.unbegun())
    for (const caller of [...this.#memory.callers()]) {
      if (!caller.mayReturn || !unbegun.has(caller)) continue
      caller.isReturned = true
      caller.abort()
    }
  }

  /** Whether a call that has come goes back. What is sent again stays: its sender may not hear of it. */
  #mayReturn({ mayReturn, again }: RequestHeader): boolean {
    return mayReturn === true && !again && this.ports.isPaused()
  }

  #returnNew(reply: string, { key }: RequestHeader): void {
    // Later ones of its key that are on their way may not overtake it, also if the pool goes on before they come.
    if (key !== undefined) this.ports.gaveKeyBack()
    this.#return(reply)
  }

  #return(reply: string): void {
    if (this.#givenBack.size >= MOST_RETURNED) this.#givenBack.clear()
    this.#givenBack.add(reply)
    this.counts.returned++
    this.#answers.send(reply, this.ports.said())
    this.#rest()
  }

  /** Begins what was held, with what is left of its time. */
  #beginLate(request: Arrived, cameAt: Nanos): void {
    const { header, reply } = request
    if (this.#catchUp.hasFailed(header)) {
      const says = `node "${this.ports.node}" has an older state than its caller has seen, and could not read the latest.`
      const frame = this.#frames.failure(new UnreachableError(this.ports.name, false, { says }, this.ports.node))
      return this.#answers.sendNoted(reply, frame)
    }
    const heldMs = (this.ports.clock.now() - cameAt) / NS_PER_MS
    this.#runs.begin({ ...request, header: { ...header, budgetMs: Math.max(0, header.budgetMs - heldMs) } })
  }

  #body(bytes: Uint8Array): unknown {
    try {
      return this.ports.bodies.read(bytes)
    } catch (error) {
      throw isBadFrame(error) ? error : new BadFrame(`its codec cannot read it: ${textOf(error)}`)
    }
  }

  /** Something has ended, or will not begin. */
  #rest(): void {
    if (this.running === 0) this.#idle?.()
  }

  #cancel({ reply, reason }: Cancel): void {
    this.counts.cancelled++
    if (this.#held.cancel(reply)) return this.#rest()
    this.#memory.callerOf(reply)?.abort(reason)
  }

  /** Whether a call with this address runs already. Another one would take its place in the memory, and never be counted as ended. */
  #isOpen(kind: number, reply: string): boolean {
    const caller = this.#memory.callerOf(reply)
    if (kind !== Kind.call || !(this.#held.has(reply) || caller !== undefined)) return false
    // Its sender would not hear any more that it is given back.
    if (caller !== undefined) caller.mayReturn = false
    this.counts.repeated++
    return true
  }

  /** Whether a request that is sent again needs not run: it runs, has run, or may have. */
  #cameBefore(reply: string, { ageMs }: RequestHeader): boolean {
    if (this.#held.has(reply)) {
      this.counts.repeated++
      return true
    }
    const known = this.#memory.recall(reply, ageMs, this.ports.clock.now())
    if (known.kind === 'new') return false
    this.counts.repeated++
    if (known.kind === 'answered' && known.frame !== NO_ANSWER) this.#answers.send(reply, known.frame)
    if (known.kind === 'forgotten') {
      const { rememberBytes } = this.ports.settings
      const bound = rememberBytes === undefined ? '' : ` or ${rememberBytes} bytes ("rememberBytes" of serve)`
      const says = `the connection was lost, and the node has forgotten whether it had the request: it remembers answers for 5 to 10 s, at most 20000${bound}.`
      this.#answers.fail(reply, new UnreachableError(this.ports.name, true, { says }, this.ports.node))
    }
    return true
  }
}

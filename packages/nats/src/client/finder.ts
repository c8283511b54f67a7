import { type Clock, NS_PER_MS, type Timer } from '@genpool/runtime'

/** Nodes answer at about the same time: after the first, others are waited for this long, so that the first does not get everything. */
const GATHER_MS = 5
/** A question that nobody answered, not even NATS, is asked again after this time. */
const AGAIN_MS = 500
/** While nodes may be connecting or starting again, they are asked so often. */
const PATIENT_MS = 50

/** What the finder needs. */
export interface FinderPorts {
  readonly clock: Clock
  /** Asks all nodes. */
  ask(): void
  /** Whether requests wait for a node. */
  isWanted(): boolean
  /** Nodes may be connecting or starting again. */
  isPatient(): boolean
  /** Nodes are known: send what waits. */
  found(): void
  /** NATS says that there are none now. */
  absent(): void
  /** There are none, and none is waited for. */
  nobody(): void
  /** Whether a question reaches NATS. */
  canAsk(): boolean
  /** For how long questions may stay without any answer, in milliseconds. */
  patienceMs(): number
  /** So they have: whoever listens does not answer. */
  mute(): void
}

/** Finds the nodes of a pool when a client knows none: asks, gathers the answers, and gives up when NATS says that nobody is there. */
export class Finder {
  #asking = false
  /** How many questions in a row nobody has answered, not even NATS, while it was connected. */
  #unheard = 0
  #timer: Timer | null = null

  constructor(private readonly ports: FinderPorts) {}

  /** Looks for nodes, unless it does so already. */
  find(): void {
    if (this.#asking) return
    this.#asking = true
    this.ports.ask()
    this.#after(AGAIN_MS, () => this.#again())
  }

  /** A node is known. */
  answered(): void {
    this.#unheard = 0
    if (!this.#asking && !this.ports.isWanted()) return
    this.#asking = false
    this.#after(GATHER_MS, () => this.ports.found())
  }

  /** NATS says that no node is there. Whoever spoke after the question is there all the same. */
  unanswered(): void {
    if (!this.#asking) return
    this.#unheard = 0
    this.ports.absent()
    if (this.ports.isPatient()) return this.#after(PATIENT_MS, () => this.#more())
    this.end()
    this.ports.nobody()
  }

  end(): void {
    this.#asking = false
    this.#unheard = 0
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Somebody listens, and has not answered: a node whose process stands still, or something else. */
  #again(): void {
    const { ports } = this
    if (!this.#asking || !ports.canAsk()) this.#unheard = 0
    else if (++this.#unheard * AGAIN_MS >= ports.patienceMs() && !ports.isPatient()) {
      this.end()
      return ports.mute()
    }
    this.#more()
  }

  #more(): void {
    this.#asking = false
    if (this.ports.isWanted()) this.find()
    else this.#unheard = 0
  }

  #after(ms: number, fn: () => void): void {
    this.#timer?.cancel()
    const { clock } = this.ports
    this.#timer = clock.setTimer(clock.now() + ms * NS_PER_MS, fn, false)
  }
}

import { NS_PER_MS } from '@genpool/runtime'
import { choose } from '../../src/nodes/choice'
import { Node } from '../../src/nodes/node'
import type { Said } from '../../src/nodes/said'

/** A node of the simulation: members with one queue. `speed(now)` is 0 while it is frozen. Times are milliseconds. */
export interface SimulatedNode {
  readonly id: string
  readonly members: number
  /** How long a request runs there. */
  readonly runMs: number
  /** From when to when it is frozen: it neither works nor says anything. */
  readonly frozen?: readonly (readonly [number, number])[]
}

export interface SimulationSetup {
  readonly nodes: readonly SimulatedNode[]
  /** Requests per millisecond. */
  readonly rate: number
  readonly lengthMs: number
  readonly seed: number
  /** How a node is chosen. Default: as clients do. */
  readonly pick?: (nodes: readonly Node[], random: () => number) => Node
}

export interface SimulationResult {
  readonly p50: number
  readonly p99: number
  readonly sent: Readonly<Record<string, number>>
  /** How many requests each node got while it was frozen for more than half a second. */
  readonly sentToFrozen: number
  readonly longestQueue: number
}

const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const SAYS_EVERY = 50
const TRAVEL = 0.2

/** Runs requests through simulated nodes in steps of 0.1 ms, and tells how long they took. */
export function simulate({ nodes, rate, lengthMs, seed, pick }: SimulationSetup): SimulationResult {
  const random = randomOf(seed)
  const states = nodes.map((node) => new State(node))
  const views = states.map((state) => new Node(state.said(0, 60_000), rules, 0))
  const waits: number[] = []
  const sent: Record<string, number> = {}
  let sentToFrozen = 0
  let due = 0
  for (let step = 0; step * 0.1 < lengthMs; step++) {
    const now = step * 0.1
    for (const [i, state] of states.entries()) {
      const view = views[i]!
      for (const sentAt of state.advance(now)) {
        view.answers(sentAt * NS_PER_MS, { inHand: state.inHand }, now * NS_PER_MS)
        waits.push(now - sentAt + TRAVEL)
      }
      if (step % (SAYS_EVERY * 10) === 0 && !state.isFrozen(now)) view.says(state.said(now), now * NS_PER_MS)
      if (view.alive.judge(now * NS_PER_MS, 1000) === 'probe') {
        view.alive.probed(now * NS_PER_MS)
        if (!state.isFrozen(now)) view.says(state.said(now), now * NS_PER_MS)
      }
    }
    for (due += rate * 0.1; due >= 1; due--) {
      const view = pick?.(views, random) ?? choose(views, { now: now * NS_PER_MS, random })!
      const state = states[views.indexOf(view)]!
      view.sends(now * NS_PER_MS)
      state.queue.push(now)
      sent[view.id] = (sent[view.id] ?? 0) + 1
      if (state.isFrozen(now) && state.isFrozen(now - 600)) sentToFrozen++
    }
  }
  // What was never answered took at least as long as until the end.
  for (const state of states)
    waits.push(...[...state.queue, ...state.running.map(([at]) => at)].map((at) => lengthMs - at))
  waits.sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), sent, sentToFrozen, longestQueue: Math.max(...states.map((s) => s.longest)) }
}

class State {
  readonly queue: number[] = []
  running: (readonly [sentAt: number, leftMs: number])[] = []
  longest = 0

  constructor(private readonly node: SimulatedNode) {}

  get inHand(): number {
    return this.queue.length + this.running.length
  }

  isFrozen(now: number): boolean {
    return this.node.frozen?.some(([from, to]) => now >= from && now < to) === true
  }

  advance(now: number): number[] {
    this.longest = Math.max(this.longest, this.queue.length)
    if (this.isFrozen(now)) return []
    const left = this.running.map(([at, ms]): [number, number] => [at, ms - 0.1])
    const done = left.filter(([, ms]) => ms <= 1e-9).map(([at]) => at)
    this.running = left.filter(([, ms]) => ms > 1e-9)
    while (this.running.length < this.node.members && this.queue.length > 0) {
      this.running.push([this.queue.shift()!, this.node.runMs])
    }
    return done
  }

  said(now: number, upMs = now): Said {
    const { id, members, runMs } = this.node
    const idle = members - this.running.length
    const oldestWaitMs = this.queue.length === 0 ? 0 : now - this.queue[0]!
    const rest = { version: '0', everyMs: 1000, epoch: 0, leaving: false, upMs, runP99Ms: runMs }
    return { ...rest, id, size: members, idle, waiting: this.queue.length, inHand: this.inHand, oldestWaitMs, runMs }
  }
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

import { NS_PER_MS } from '@genpool/runtime'
import { Roster } from '../../src/client/roster'
import type { Node } from '../../src/nodes/node'
import { RunTimes } from '../../src/nodes/run-times'
import type { Said } from '../../src/nodes/said'

/** A node of the simulation: members with one queue. Times are milliseconds. */
export interface SimulatedNode {
  readonly id: string
  readonly members: number
  /** How many times as long as elsewhere its runs take. Default: 1. */
  readonly slower?: (now: number) => number
  /** From when to when it is frozen: it neither works nor says anything. */
  readonly frozen?: readonly (readonly [number, number])[]
}

/** Messages of one type: how long they run, and how many come per millisecond. */
interface SimulatedType {
  readonly type: string
  readonly runMs: number
  readonly rate: number
}

export interface SimulationSetup {
  readonly nodes: readonly SimulatedNode[]
  readonly types: readonly SimulatedType[]
  readonly lengthMs: number
  readonly seed: number
  /** How many clients send them, who know of each other only what nodes say. Default: 1. */
  readonly clients?: number
  /** How a node is chosen. Default: as clients do. */
  readonly pick?: (nodes: readonly Node[], random: () => number) => Node
}

/** How long the requests of one type took, and how many each node got. */
interface TypeResult {
  readonly p50: number
  readonly p99: number
  readonly sent: Readonly<Record<string, number>>
}

export interface SimulationResult {
  readonly of: (type: string) => TypeResult
  /** What each node got in a part of the time. */
  readonly sentBetween: (from: number, to: number) => Readonly<Record<string, number>>
  /** How many requests each node got while it was frozen for more than half a second. */
  readonly sentToFrozen: number
  readonly longestQueue: number
  /** The highest of the factors by which clients ever took a node for slower than the fastest. */
  readonly slowest: Readonly<Record<string, number>>
}

interface Sent {
  readonly type: SimulatedType
  readonly client: number
  readonly sentAt: number
  readonly workMs: number
  readonly node: string
  tookMs: number | null
}

const rules = { probeAfter: 250, silentAfter: 3000, goneAfter: 500 }
const SAYS_EVERY = 50
const TRAVEL = 0.2
const STEP = 0.1
const ns = (ms: number): number => ms * NS_PER_MS

/** Runs requests through simulated nodes in steps of 0.1 ms, and tells how long they took. */
export function simulate({ nodes, types, lengthMs, seed, clients = 1, pick }: SimulationSetup): SimulationResult {
  const random = randomOf(seed)
  const states = new Map(nodes.map((node) => [node.id, new State(node)]))
  const rosters = Array.from({ length: clients }, () => {
    const probe = (node: Node): void => void asked.push([roster, node.id])
    const roster: Roster = new Roster(rules, {
      probe,
      lost: () => undefined,
      reconnected: () => undefined,
      gaveBack: () => undefined,
    })
    for (const state of states.values()) roster.says(state.said(0, 60_000), 0)
    return roster
  })
  const asked: [Roster, string][] = []
  const all: Sent[] = []
  const due = types.map(() => 0)
  const slowest: Record<string, number> = {}
  let sentToFrozen = 0
  for (let step = 0; step * STEP < lengthMs; step++) {
    const now = step * STEP
    for (const state of states.values()) {
      for (const sent of state.advance(now)) {
        sent.tookMs = now - sent.sentAt + TRAVEL
        const view = rosters[sent.client]!.node(sent.node)
        const request = { sentAt: ns(sent.sentAt), workMs: sent.workMs }
        view?.answers(request, { inHand: state.inHand }, ns(now))
      }
      if (step % (SAYS_EVERY * 10) === 0 && !state.isFrozen(now)) {
        for (const roster of rosters) roster.says(state.said(now), ns(now))
      }
    }
    if (step % (SAYS_EVERY * 10) === 0) {
      for (const roster of rosters) {
        roster.check(ns(now))
        for (const node of roster.nodes) {
          slowest[node.id] = Math.max(slowest[node.id] ?? 0, roster.timesSlower(node, ns(now)))
        }
      }
    }
    for (const [roster, id] of asked.splice(0)) {
      const state = states.get(id)!
      if (!state.isFrozen(now)) roster.says(state.said(now), ns(now))
    }
    for (const [i, type] of types.entries()) {
      // As many as come on average, at random.
      for (due[i]! += type.rate * STEP * 2 * random(); due[i]! >= 1; due[i]!--) {
        const client = Math.floor(random() * clients)
        const roster = rosters[client]!
        const wish = { type: type.type, now: ns(now), random }
        const node = pick?.(roster.nodes, random) ?? roster.choose(wish)!
        const state = states.get(node.id)!
        const workMs = roster.workMs(node, type.type, ns(now))
        node.sends(ns(now), workMs)
        const sent: Sent = { type, client, sentAt: now, workMs, node: node.id, tookMs: null }
        state.queue.push(sent)
        all.push(sent)
        if (state.isFrozen(now) && state.isFrozen(now - 600)) sentToFrozen++
      }
    }
  }
  const countOf = (sent: readonly Sent[]): Record<string, number> => {
    const counts: Record<string, number> = Object.fromEntries(nodes.map(({ id }) => [id, 0]))
    for (const { node } of sent) counts[node]!++
    return counts
  }
  return {
    of: (type) => {
      const own = all.filter((sent) => sent.type.type === type)
      // What was never answered took at least as long as until the end.
      const took = own.map(({ tookMs, sentAt }) => tookMs ?? lengthMs - sentAt).sort((a, b) => a - b)
      const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0
      return { p50: at(0.5), p99: at(0.99), sent: countOf(own) }
    },
    sentBetween: (from, to) => countOf(all.filter(({ sentAt }) => sentAt >= from && sentAt < to)),
    sentToFrozen,
    longestQueue: Math.max(...[...states.values()].map(({ longest }) => longest)),
    slowest,
  }
}

class State {
  readonly queue: Sent[] = []
  running: { readonly sent: Sent; leftMs: number; readonly begunAt: number }[] = []
  longest = 0
  readonly #runs = new RunTimes()
  #lastRunMs = 0

  constructor(private readonly node: SimulatedNode) {}

  get inHand(): number {
    return this.queue.length + this.running.length
  }

  isFrozen(now: number): boolean {
    return this.node.frozen?.some(([from, to]) => now >= from && now < to) === true
  }

  advance(now: number): Sent[] {
    this.longest = Math.max(this.longest, this.queue.length)
    if (this.isFrozen(now)) return []
    for (const run of this.running) run.leftMs -= STEP
    const done = this.running.filter(({ leftMs }) => leftMs <= 1e-9)
    this.running = this.running.filter(({ leftMs }) => leftMs > 1e-9)
    for (const { sent, begunAt } of done) {
      this.#lastRunMs = now - begunAt
      this.#runs.record(sent.type.type, ns(now - begunAt), ns(now))
    }
    while (this.running.length < this.node.members && this.queue.length > 0) {
      const sent = this.queue.shift()!
      this.running.push({ sent, leftMs: sent.type.runMs * (this.node.slower?.(now) ?? 1), begunAt: now })
    }
    return done.map(({ sent }) => sent)
  }

  said(now: number, upMs = now): Said {
    const { id, members } = this.node
    const idle = members - this.running.length
    const oldestWaitMs = this.queue.length === 0 ? 0 : now - this.queue[0]!.sentAt
    const rest = { version: '0', everyMs: 1000, epoch: 0, leaving: false, upMs: upMs + 60_000 }
    const work = { size: members, idle, waiting: this.queue.length, inHand: this.inHand, oldestWaitMs }
    return { ...rest, ...work, id, runMs: this.#lastRunMs, runP99Ms: 0, runs: this.#runs.lately(ns(now)) }
  }
}

function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

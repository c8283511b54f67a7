import { type Nanos, NS_PER_MS } from '@genpool/runtime'
import type { Node } from './node'
import type { Expected, RunOfType } from './run-times'

/** Nodes whose runs of a type are at most so many times as long as the shortest count as equally fast: chance makes as much of a difference. */
const ALIKE = 1.5
/** What runs differ by that says nothing about nodes, in milliseconds. */
const GRAIN_MS = 0.05
/** Of many nodes, what they said is compared so often. */
const FEW = 16
const EVERY: Nanos = 50 * NS_PER_MS

/** What all nodes together say of one type. */
interface Typical {
  readonly fastestMs: number
  readonly meanMs: number
  readonly perSecond: number
}

/**
 * Compares how long nodes take for the same types of messages. So a node is slow if it takes longer for the same, and not if it got
 * the longer messages. Pure: time is an argument.
 */
export class Paces {
  #byType = new Map<string, Typical>()
  /** What a message takes of which nothing is known, in milliseconds. */
  #anyMs = 0
  #isStale = true
  #at: Nanos = -Infinity

  /** A node came, went, or said something. */
  changed(): void {
    this.#isStale = true
  }

  /** @param type of the message; null if it has none */
  expected(node: Node, type: string | null, nodes: readonly Node[], now: Nanos): Expected {
    const { runs, said } = node
    // A node of an older version: all that it says.
    if (runs === null) return { runMs: said.runMs, workMs: said.runMs }
    this.#compare(nodes, now)
    const typical = this.#byType.get(type ?? '')
    if (typical === undefined) {
      const ms = this.#anyMs * this.of(node, nodes, now)
      return { runMs: ms, workMs: ms }
    }
    const own = runs.get(type ?? '')
    const times = own === undefined ? this.of(node, nodes, now) : timesOf(own.p50Ms, typical.fastestMs)
    return { runMs: typical.fastestMs * times, workMs: typical.meanMs * times }
  }

  /** How much time a message of unknown type takes at a node, in milliseconds. */
  anyMs(node: Node, nodes: readonly Node[], now: Nanos): number {
    if (node.runs === null) return node.said.runMs
    this.#compare(nodes, now)
    return this.#anyMs * this.of(node, nodes, now)
  }

  /** How many times as long as the fastest node one takes for the same types. 1 if it is as fast, or nothing is known. */
  of({ runs }: Node, nodes: readonly Node[], now: Nanos): number {
    if (runs === null) return 1
    this.#compare(nodes, now)
    let own = 0
    let fastest = 0
    for (const { type, p50Ms } of runs.values()) {
      own += p50Ms
      fastest += this.#byType.get(type)?.fastestMs ?? p50Ms
    }
    return timesOf(own, fastest)
  }

  #compare(nodes: readonly Node[], now: Nanos): void {
    if (!this.#isStale || (nodes.length > FEW && now - this.#at < EVERY)) return
    this.#isStale = false
    this.#at = now
    const all = new Map<string, RunOfType[]>()
    for (const { runs } of nodes) {
      for (const run of runs?.values() ?? []) {
        const known = all.get(run.type)
        if (known === undefined) all.set(run.type, [run])
        else known.push(run)
      }
    }
    this.#byType = new Map([...all].map(([type, runs]) => [type, typicalOf(runs)]))
    const typical = [...this.#byType.values()]
    const perSecond = sum(typical.map((one) => one.perSecond))
    this.#anyMs = perSecond === 0 ? 0 : sum(typical.map((one) => one.meanMs * one.perSecond)) / perSecond
  }
}

function typicalOf(runs: readonly RunOfType[]): Typical {
  const fastestMs = Math.min(...runs.map(({ p50Ms }) => p50Ms))
  // Those of slow nodes count as they would be at the fastest.
  const means = runs.map(({ p50Ms, meanMs }) => meanMs / timesOf(p50Ms, fastestMs))
  return { fastestMs, meanMs: sum(means) / runs.length, perSecond: sum(runs.map(({ perSecond }) => perSecond)) }
}

function timesOf(ms: number, fastestMs: number): number {
  const times = (ms + GRAIN_MS) / (fastestMs + GRAIN_MS)
  return times <= ALIKE ? 1 : times
}

function sum(all: readonly number[]): number {
  return all.reduce((total, one) => total + one, 0)
}

import { isGenPoolError, type Percentiles } from '@genpool/core'
import { type Halted, legible, RecentHistogram, WINDOW } from '@genpool/core/elsewhere'
import { type Nanos, NS_PER_MS, round } from '@genpool/runtime'
import type { Node } from '../nodes/node'

/** What a client knows of one node. Times are milliseconds. */
export interface NodeInspection {
  readonly id: string
  /** The version of the package there. */
  readonly version: string
  /** The user's version of what it serves; null if it does not say. */
  readonly release: string | null
  /** The types of messages that it has handlers for; null for any type, or if it does not say. */
  readonly types: { readonly calls: readonly string[]; readonly casts: readonly string[] } | null
  /** What it said last: how many requests it can work on at once, and how many wait there, or are in its hands. */
  readonly size: number
  readonly idle: number
  readonly waiting: number
  readonly inHand: number
  readonly oldestWaitMs: number
  /** How long its handlers mostly run, and 99 % of them. */
  readonly runMs: number
  readonly runP99Ms: number
  /** How many times as long as the fastest node it takes lately for the same types of messages; 1 if it is about as fast. */
  readonly timesSlower: number
  readonly upMs: number
  /** It takes nothing new. */
  readonly leaving: boolean
  /** Why it begins nothing now, so that others are preferred: it is paused, or no member has started. Null if it does, or does not say. */
  readonly halted: Halted | null
  /** It does not answer, so others are preferred. */
  readonly doubtful: boolean
  /** What is wrong with the store of its state, for which its commits wait; null if it has none, nothing is wrong, or it does not say. */
  readonly store: string | null
  /** What holds requests back there although members are free: a rate, a limit or a back-off; null if nothing does, or it does not say. */
  readonly heldBack: string | null
  /** When a request that is sent now may begin there, by its rate and back-offs; 0 at once, or if it does not say. */
  readonly beginsInMs: number
  /** NATS does not let it publish to the inbox of this client, so nothing is sent to it. */
  readonly mute: boolean
  /** It is new, or came back, and gets few requests first. */
  readonly warmingUp: boolean
  /** How many requests of this client it has. */
  readonly inFlight: number
  readonly sent: number
  readonly answered: number
  /** How long its answers took lately, as this client sees it. */
  readonly answer: Percentiles
  /** How much of that was not at the node: travelling, and waiting for the event loops of both sides. */
  readonly roundTrip: Percentiles
  readonly silentMs: number
}

/** What a client knows of a remote pool. */
export interface RemoteInspection {
  readonly name: string
  /** Of its address here: the nodes go on. */
  readonly phase: 'running' | 'draining' | 'stopped'
  readonly connected: boolean
  /** Why NATS takes nothing from this client, if it lacks a permission; otherwise null. */
  readonly refusal: string | null
  readonly nodes: readonly NodeInspection[]
  /** How many calls have no outcome yet, and how many messages wait here: for a connection, a node, or earlier ones of their key. */
  readonly inFlight: number
  readonly waiting: number
  readonly calls: number
  readonly casts: number
  readonly answered: number
  /** How long calls took lately that were answered, from their first moment here. */
  readonly answer: Percentiles
  /** How many calls failed, by the code of their error. */
  readonly failed: Readonly<Record<string, number>>
  /** How many requests were sent to another node, and how many were not because there were too many of these. */
  readonly retries: { readonly made: number; readonly overBudget: number }
  /** How many calls were dropped here, because of `maxInFlight`. */
  readonly full: number
  /** How many nodes were given up, answers came too late, casts are known to be lost, and bytes were no frame. */
  readonly lostNodes: number
  readonly late: number
  readonly lostCasts: number
  readonly bad: number
}

/** What a client counts and measures. */
export class RemoteCounts {
  /** How long calls took that were answered. */
  readonly took: RecentHistogram
  calls = 0
  casts = 0
  answered = 0
  retries = 0
  overBudget = 0
  full = 0
  lostNodes = 0
  late = 0
  lostCasts = 0
  bad = 0
  readonly byCode: Record<string, number> = {}

  constructor(now: Nanos) {
    this.took = new RecentHistogram(WINDOW, now)
  }

  failed(error: unknown): void {
    const code = isGenPoolError(error) ? error.code : 'other'
    this.byCode[code] = (this.byCode[code] ?? 0) + 1
  }
}

/** What an inspection reads. */
export interface Inspected {
  readonly name: string
  readonly phase: RemoteInspection['phase']
  readonly connected: boolean
  readonly refusal: string | null
  readonly counts: RemoteCounts
  readonly roster: {
    readonly nodes: readonly Node[]
    timesSlower(node: Node, now: Nanos): number
    isMute(node: Node): boolean
  }
  readonly pending: { readonly size: number }
  readonly waiting: { readonly size: number }
  /** How many wait for earlier ones of their key. */
  readonly held: number
}

export function inspectRemote(
  { name, phase, connected, refusal, counts, roster, pending, waiting, held }: Inspected,
  now: Nanos,
): RemoteInspection {
  const { calls, casts, answered, full, lostNodes, late, lostCasts, bad } = counts
  return {
    name,
    phase,
    connected,
    refusal,
    nodes: roster.nodes.map((node) => ({
      ...inspectNode(node, now),
      timesSlower: round(roster.timesSlower(node, now)),
      mute: roster.isMute(node),
    })),
    inFlight: pending.size,
    waiting: waiting.size + held,
    calls,
    casts,
    answered,
    answer: legible(counts.took.percentiles(now)),
    failed: { ...counts.byCode },
    retries: { made: counts.retries, overBudget: counts.overBudget },
    full,
    lostNodes,
    late,
    lostCasts,
    bad,
  }
}

function inspectNode(node: Node, now: Nanos): Omit<NodeInspection, 'timesSlower' | 'mute'> {
  const {
    id,
    version,
    size,
    idle,
    waiting,
    oldestWaitMs,
    runMs,
    runP99Ms,
    upMs,
    leaving,
    release = null,
    store = null,
    halted = null,
    heldBack = null,
  } = node.said
  const { types } = node
  return {
    id,
    version,
    release,
    types: types === null ? null : { calls: [...types.calls], casts: [...types.casts] },
    size: halted === null ? size : 0,
    idle: halted === null ? idle : 0,
    waiting,
    inHand: node.inHand,
    oldestWaitMs: round(oldestWaitMs),
    runMs: round(runMs),
    runP99Ms: round(runP99Ms),
    upMs: Math.round(upMs),
    leaving,
    halted,
    doubtful: node.isDoubtful(now),
    store,
    heldBack,
    beginsInMs: round(node.beginsInMs(now)),
    warmingUp: !node.warm,
    inFlight: node.inFlight,
    sent: node.sent,
    answered: node.answered,
    answer: legible(node.took.percentiles(now)),
    roundTrip: legible(node.travelled.percentiles(now)),
    silentMs: Math.max(0, Math.round((now - node.alive.heardAt) / NS_PER_MS)),
  }
}

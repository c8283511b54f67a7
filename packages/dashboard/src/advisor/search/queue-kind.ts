import { isPlainObject } from '@genpool/runtime'
import type { CheckedGoal } from '../goal'
import { runTimes } from '../run-times'
import { seeded } from '../random'
import type { Trace } from '../trace'

/** A way in which requests wait, for any number of members. */
export interface QueueKind {
  /** In words, as in `codel (target 20 ms, interval 200 ms)`. */
  readonly name: (size: number) => string
  /** The option `broker.client`; undefined for the pool's own. */
  readonly client: (size: number) => object | undefined
}

const PLAIN: QueueKind = { name: () => 'the default queue', client: () => undefined }

/** The kinds of queue that are tried, the plainest first: what the goal leaves for waiting decides their numbers. */
function queueKinds(trace: Trace, p99Ms: number, speed: number): readonly QueueKind[] {
  const runs = runTimes(trace, seeded(2)).sort()
  const longest = (runs[Math.floor(runs.length * 0.99)] ?? 0) / speed
  const slack = Math.max(p99Ms - longest, p99Ms / 5)
  const codels = [
    [slack / 4, slack],
    [slack / 4, 4 * slack],
    [slack / 10, slack],
  ] as const
  return [
    PLAIN,
    ...[slack, slack / 2].map(timeout),
    ...codels.map(([target, interval]) => codel(target, interval)),
    ...[1, 4].map(short),
    ...(new Set(trace.requests.map(({ type }) => type)).size > 1 ? [fair(slack / 4, slack)] : []),
  ]
}

/**
 * The queue that options name already is the only one that is tried: `advise` does not overrule its user. Otherwise always the
 * same kinds in the same order; their numbers depend on how fast handlers are.
 */
export function kindsFor(goal: Pick<CheckedGoal, 'options' | 'p99Ms'>, trace: Trace, speed = 1): readonly QueueKind[] {
  const broker: unknown = goal.options.broker
  const isGiven = broker !== undefined && (!isPlainObject(broker) || 'client' in broker)
  return isGiven ? [{ ...PLAIN, name: () => 'the queue as it is' }] : queueKinds(trace, goal.p99Ms, speed)
}

function timeout(ms: number): QueueKind {
  const client = { type: 'timeout', timeout: tidy(ms) }
  return { name: () => `waits of ${client.timeout} ms at most`, client: () => client }
}

function codel(targetMs: number, intervalMs: number): QueueKind {
  const client = { type: 'codel', target: tidy(targetMs), interval: tidy(intervalMs) }
  return { name: () => `codel (target ${client.target} ms, interval ${client.interval} ms)`, client: () => client }
}

function short(perMember: number): QueueKind {
  const client = (size: number) => ({ type: 'drop', max: size * perMember })
  return { name: (size) => `a queue of ${size * perMember}`, client }
}

/** Types take turns, so that many of one do not hold up another. */
function fair(targetMs: number, intervalMs: number): QueueKind {
  const queue = { type: 'codel', target: tidy(targetMs), interval: tidy(intervalMs) }
  const client = { type: 'fair', by: { property: 'type' }, queue }
  return { name: () => `types in turn, each with codel (target ${queue.target} ms)`, client: () => client }
}

/** Two digits are enough for a number that is to be read and pasted. */
function tidy(ms: number): number {
  return Number(ms.toPrecision(2))
}

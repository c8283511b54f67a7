import type { Finding } from '@genpool/core'
import type { Closed } from '@genpool/core/elsewhere'
import { round } from '@genpool/runtime'
import type { ConsumerInspection, QueueInspection } from './figures'

/** Fewer that wait are a burst, whatever they do. */
const MANY = 100

const MORE_KEYS = 'Use more keys, or a queue with more "lanes", or make the handler faster: more members do not help.'

const MORE_RATE =
  'Raise "rate.limit" of the pool if what its handlers call allows more. If they have asked for a pause (a back-off), it ends by itself.'
const NO_MEMBERS = 'More members do not help.'
const SAFE = 'What is stored is safe, and other consumers take it.'

/** Whether most of what waits is in one lane of keys. */
function isOneLane({ waiting, longestLane }: Pick<QueueInspection, 'waiting' | 'longestLane'>): boolean {
  return longestLane >= MANY && longestLane * 2 > waiting
}

/** The queue of a consumer grows. @param held what holds back requests in its pool */
export function growing(seen: ConsumerInspection, held: readonly Finding[]): Finding[] {
  const { queue, server, atMost, stopping } = seen
  if (stopping || atMost === 0) return []
  if (server === null || server.growsPerSecond <= 0 || server.waiting < Math.max(MANY, 10 * atMost)) return []
  const { waiting, unacknowledged, redelivered, growsPerSecond, oldestMs, longestLane } = server
  return [
    {
      finding: 'growing-queue',
      says: isOneLane(server)
        ? `the queue "${queue}" grows: most casts are in one lane of keys, where one runs at a time`
        : `the queue "${queue}" grows: casts come faster than all consumers do them`,
      figures: { waiting, growsPerSecond, unacknowledged, redelivered, oldestMs, longestLane },
      ...remedyOf(seen, held),
    },
  ]
}

function remedyOf(seen: ConsumerInspection, held: readonly Finding[]): Pick<Finding, 'advice' | 'option'> {
  const { inHand, atMost, members, server, closed } = seen
  if (server !== null && isOneLane(server)) return { advice: MORE_KEYS, option: 'lanes' }
  const holder = holderOf(seen, held)
  if (holder !== undefined) return { advice: `${holder.advice} ${NO_MEMBERS}`, option: holder.option }
  if (closed !== null) return remedyIf(closed)
  if (inHand < atMost) {
    const advice = `Members here are idle, so keys hold casts back: of each lane one runs at a time. ${MORE_KEYS}`
    return { advice, option: 'lanes' }
  }
  if (atMost < members) return { advice: idle(members - atMost), option: 'atMost' }
  const advice = 'Add members ("size") or consumers on other machines, or make the handler faster.'
  return { advice, option: 'size' }
}

/** What holds back casts in the pool of a consumer that takes no more; undefined if nothing does. */
function holderOf({ inHand, atMost, closed }: ConsumerInspection, held: readonly Finding[]): Finding | undefined {
  if (closed === 'rate') return held.find(({ finding }) => finding !== 'limits')
  return closed === null && inHand >= atMost ? held[0] : undefined
}

/** A consumer has all in hand that it may have. @param held what holds back requests in its pool */
export function full(seen: ConsumerInspection, held: readonly Finding[]): Finding[] {
  const { inHand, atMost, members, oldestMs, stopping, closed, server } = seen
  if (stopping) return []
  const holder = holderOf(seen, held)
  if (closed !== null) return [holder === undefined ? shut(closed, inHand) : heldUp(holder, seen)]
  if (inHand < atMost) return []
  if (holder !== undefined) return [heldUp(holder, seen)]
  // That it grows says already what helps, and more members do not.
  if (server !== null && isOneLane(server) && growing(seen, held).length > 0) return []
  const isOwn = atMost < members
  return [
    {
      finding: 'members-busy',
      says: isOwn
        ? `"atMost" lets it have ${atMost} in hand at once, and it has, so it asks for no more`
        : 'all that it may have at once is in hand, so it asks for no more',
      figures: { inHand, atMost, members, oldestMs: round(oldestMs) },
      advice: isOwn ? idle(members - atMost) : 'Add members ("size") or consumers on other machines.',
      option: isOwn ? 'atMost' : 'size',
    },
  ]
}

function idle(members: number): string {
  return `Raise "atMost": it leaves ${members} ${members === 1 ? 'member' : 'members'} idle here.`
}

const CLOSED: Readonly<Record<Closed, readonly [Finding['finding'], string]>> = {
  ending: ['draining', 'drains or has stopped'],
  paused: ['paused', 'is paused ("paused", or a "concurrency" of 0)'],
  starting: ['starting', 'has no member that has started'],
  breaker: ['breaker', 'has an open circuit breaker, or tries whether it may close'],
  rate: ['rate', 'has used up its rate, or backs off'],
}

/** The pool begins nothing that comes now. */
function shut(closed: Closed, inHand: number): Finding {
  const [finding, why] = CLOSED[closed]
  return {
    finding,
    says: `its pool takes nothing now, so it asks for nothing: the pool ${why}`,
    figures: { inHand },
    ...remedyIf(closed),
  }
}

function remedyIf(closed: Closed): Pick<Finding, 'advice' | 'option'> {
  if (closed === 'rate') return { advice: `${MORE_RATE} ${NO_MEMBERS} ${SAFE}`, option: 'rate.limit' }
  return { advice: `Look at explain(pool). ${SAFE}`, option: null }
}

/** Its pool holds back what it has. */
function heldUp({ finding, says, figures, advice, option }: Finding, { inHand, atMost }: ConsumerInspection): Finding {
  return {
    finding,
    says: `its pool can begin nothing more of what comes, so it asks for nothing: ${says}`,
    figures: { inHand, atMost, ...figures },
    advice: `${advice} ${NO_MEMBERS} ${SAFE}`,
    option,
  }
}

/** Nobody asks a queue for what waits. */
export function unconsumed({ waiting, asking, inHand }: QueueInspection): Finding[] {
  if (waiting === 0 || asking > 0) return []
  const isBusy = inHand > 0
  return [
    {
      finding: isBusy ? 'members-busy' : 'unreachable',
      says: isBusy
        ? 'casts wait, and all consumers have as many in hand as they may: as they have members, or as "atMost" says'
        : 'casts wait, and nobody consumes them: there is no consumer, or their pools begin nothing now',
      figures: { waiting, inHand },
      advice: isBusy
        ? 'Look at consumer.explain() on each machine: one that is cut off from the server says so, and one whose pool holds casts back by its "rate" or "limits". Add members or consumers, or raise "atMost" where it leaves members idle.'
        : 'Start consumers with jobs.consume(pool). Where there is one, look at consumer.explain(): it says why it takes nothing.',
      option: null,
    },
  ]
}

/** What has waited less long may be on its way, in milliseconds. */
const MOMENT_MS = 5000

/** Casts wait and are asked for, and none comes. */
export function withheld(seen: {
  readonly waiting: number
  readonly inHand: number
  readonly asking: number
  readonly oldestMs: number
}): Finding[] {
  const { waiting, inHand, asking, oldestMs } = seen
  if (waiting === 0 || asking === 0 || inHand > 0 || oldestMs < MOMENT_MS) return []
  return [
    {
      finding: 'unreachable',
      says: `casts wait, the oldest one for ${seconds(oldestMs)}, and though consumers ask for them the server delivers none`,
      figures: { waiting, inHand, asking, oldestMs },
      advice:
        'If that stays so, look at the consumers of its stream ("nats consumer info"): somebody may have edited or paused one. What is stored is safe.',
      option: null,
    },
  ]
}

/** Many wait in a queue that is asked for them. */
export function backlog(seen: QueueInspection): Finding[] {
  const { waiting, asking, inHand, oldestMs, longestLane, growsPerSecond } = seen
  if (waiting < MANY) return []
  const grows = growsPerSecond > 0 ? `, and ${growsPerSecond} more each second` : ''
  const figures = { waiting, longestLane, growsPerSecond, inHand, oldestMs }
  if (isOneLane(seen)) {
    const says = `${waiting} casts wait${grows}: ${longestLane} of them in one lane of keys, where one runs at a time`
    return [{ finding: grows === '' ? 'keys' : 'growing-queue', says, figures, advice: MORE_KEYS, option: 'lanes' }]
  }
  if (grows === '' || asking === 0) return []
  const advice =
    'Look at consumer.explain() on each machine: members, keys, "atMost", or "rate" and "limits" of the pool may be what is missing.'
  return [{ finding: 'growing-queue', says: `${waiting} casts wait${grows}`, figures, advice, option: null }]
}

/** What a look at delayed casts sees. */
interface Delays extends Pick<QueueInspection, 'overdue' | 'overdueMs' | 'delayed'> {
  readonly isConsumed: boolean
}

/** Casts whose delay is over have not been moved to where they run. */
export function overdue({ overdue: count, overdueMs, delayed, isConsumed }: Delays): Finding[] {
  if (count === 0) return []
  const about = count === delayed ? '' : 'about '
  const says = `${about}${count} of ${delayed} delayed ${delayed === 1 ? 'cast' : 'casts'} should have begun, up to ${seconds(overdueMs)} ago`
  return [
    {
      finding: isConsumed ? 'growing-queue' : 'unreachable',
      says: isConsumed ? says : `${says}, and nobody consumes`,
      figures: { overdue: count, overdueMs, delayed },
      advice: isConsumed
        ? 'Consumers move them when their time comes, as fast as the server stores them. Look at "trouble" of consumer.inspect() on each ' +
          'machine. If that is null, too many are due at once: spread their delays, or start consumers on other machines.'
        : 'Start consumers with jobs.consume(pool): they move delayed casts, also if their pool is busy.',
      option: null,
    },
  ]
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

import type { Explanation, Finding } from '@genpool/core'
import { explanationOf } from '@genpool/core/elsewhere'
import { backlog, full, growing, overdue, unconsumed, withheld } from './explain-backlog'
import type { ConsumerInspection, QueueInspection } from './figures'
import { CLOSED_FOR_GOOD } from '../link'
import { adviceFor, isSilent } from './trouble'

/** A cast that so many consumers have not done before they were stopped takes too long. */
const MANY_STOPS = 3

/** Says what limits a consumer now. @param held what holds back requests in its pool */
export function explainConsumer(seen: ConsumerInspection, held: readonly Finding[] = []): Explanation {
  const found = findingsOf(seen, held)
  return explanationOf(
    seen.queue,
    found.length > 0 ? found : [calm(`it has ${seen.inHand} in hand`, { done: seen.done })],
    'Queue',
  )
}

/** What limits a consumer now; nothing if it is calm. */
export function findingsOf(seen: ConsumerInspection, held: readonly Finding[]): Finding[] {
  return [
    ...stopping(seen),
    ...unreachable(seen),
    ...lapses(seen),
    ...alone(seen),
    ...unknown(seen),
    ...(seen.server === null || seen.stopping ? [] : foreign(seen.server)),
    ...failing(seen),
    ...cutShort(seen),
    ...(seen.server === null || seen.stopping ? [] : overdue({ ...seen.server, isConsumed: true })),
    ...withheldHere(seen),
    ...growing(seen, held),
    ...full(seen, held),
  ]
}

/** Says what limits a queue now, as the server sees it. */
export function explainQueue(seen: QueueInspection): Explanation {
  const found = [
    ...noStorage(seen),
    ...leftovers(seen),
    ...foreign(seen),
    ...unconsumed(seen),
    ...(seen.trouble === null ? withheld(seen) : []),
    ...overdue({ ...seen, isConsumed: seen.asking + seen.inHand > 0 }),
    ...backlog(seen),
    ...died(seen),
    ...repeated(seen),
  ]
  return explanationOf(
    seen.queue,
    found.length > 0
      ? found
      : [calm(`${seen.waiting} ${seen.waiting === 1 ? 'cast waits' : 'casts wait'}`, { inHand: seen.inHand })],
    'Queue',
  )
}

function stopping({ stopping: isStopping, inHand, cutShort, trouble }: ConsumerInspection): Finding[] {
  if (!isStopping) return []
  const ended = cutShort === 1 ? '1 cast was at work, and begins' : `${cutShort} casts were at work, and begin`
  const goOn = trouble === CLOSED_FOR_GOOD ? '' : ' To go on here, call jobs.consume(pool) again.'
  return [
    {
      finding: 'stopped',
      says:
        inHand > 0
          ? 'it stops when what runs has ended, and takes no more'
          : `it has stopped, or its pool has, and takes no more${cutShort === 0 ? '' : `; ${ended} again elsewhere`}`,
      figures: { inHand, cutShort },
      advice:
        `What is stored is safe, and other consumers take it.${goOn}` +
        (cutShort === 0 ? '' : ' A cast that always takes longer than "within" is never done: stop with more.'),
      option: null,
    },
  ]
}

function unreachable({ connected, trouble, silent, left }: ConsumerInspection): Finding[] {
  if (connected && trouble === null) return []
  return [
    {
      finding: 'unreachable',
      says: saysOf(connected, trouble),
      figures: { silent, left },
      advice: adviceFor(trouble) ?? 'Look at the NATS servers. What is stored is safe, and goes on when they are back.',
      option: null,
    },
  ]
}

function saysOf(connected: boolean, trouble: string | null): string {
  if (trouble === CLOSED_FOR_GOOD) return trouble
  if (connected && trouble !== null && isSilent(trouble)) return trouble
  return connected ? `JetStream is in trouble: ${trouble}` : 'the connection to NATS is lost, and is being made again'
}

/** What it asks for does not come. That it cannot is said already. */
function withheldHere({
  server,
  stopping: isStopping,
  connected,
  trouble,
  asked,
  inHand,
}: ConsumerInspection): Finding[] {
  if (server === null || isStopping || !connected || trouble !== null || inHand > 0) return []
  return withheld({ ...server, inHand: server.unacknowledged, asking: asked })
}

function lapses({ lapses: times }: ConsumerInspection): Finding[] {
  if (times === 0) return []
  return [
    {
      finding: 'event-loop',
      says: 'this process stood still for longer than "ackWait", so other consumers may have got its casts',
      figures: { lapses: times },
      advice: 'Move what blocks the event loop into threads, or raise "ackWait".',
      option: 'ackWait',
    },
  ]
}

function alone({ alone: one, inHand, oldestMs }: ConsumerInspection): Finding[] {
  if (one === null) return []
  const { id, attempt, running } = one
  const last = `the last attempt (${attempt}) of cast "${id}"`
  return [
    {
      finding: 'alone',
      says:
        `${last} ${running ? 'runs alone, and nothing else begins before it has ended' : 'is to run alone, when all that runs has ended'}: ` +
        'one before was lost when its process ended, perhaps by this cast',
      figures: { attempt, inHand, oldestMs },
      advice:
        'Look at what it does if processes end by it. Set a "timeout" of consume that bounds how long others wait, or use more consumers.',
      option: 'timeout',
    },
  ]
}

function unknown({ unknownTypes }: ConsumerInspection): Finding[] {
  const types = Object.entries(unknownTypes)
  if (types.length === 0) return []
  const says = types
    .slice(0, 5)
    .map(([type, count]) => `${count} ${count === 1 ? 'cast' : 'casts'} of type "${type}"`)
    .join(', ')
  const isOne = types.length === 1 && types[0]?.[1] === 1
  return [
    {
      finding: 'unknown-types',
      says: `${says} that no handler here knows ${isOne ? 'waits' : 'wait'} for a consumer that does`,
      figures: { types: types.length, casts: types.reduce((sum, [, count]) => sum + count, 0) },
      advice:
        'Start consumers that know them, or give this one a newer version. After "keepUnknown" they are dead letters.',
      option: 'keepUnknown',
    },
  ]
}

function foreign({ foreign: count, foreignSubjects: subjects }: Pick<QueueInspection, 'foreign' | 'foreignSubjects'>) {
  if (count === 0) return []
  const [are, them] = count === 1 ? ['message is', 'it'] : ['messages are', 'them']
  const named = subjects.map((subject) => `"${subject}"`).join(', ')
  const finding: Finding = {
    finding: 'unknown-types',
    says: `${count} ${are} on subjects that are no lanes of the queue, so nobody gets ${them}: ${named}`,
    figures: { foreign: count },
    advice:
      'Store casts with jobs.cast() alone, and with one version of @genpool/nats. After "keepUnknown" consumers make dead letters of ' +
      'them, and jobs.retry() sends those that are casts to where they run.',
    option: 'keepUnknown',
  }
  return [finding]
}

function failing({ again, dead, done, lastFailure }: ConsumerInspection): Finding[] {
  const failed = again + dead
  if (failed === 0 || failed * 10 < done) return []
  return [
    {
      finding: 'crashes',
      says: `many attempts fail, the last one because: ${lastFailure?.reason ?? 'nobody knows'}`,
      figures: { failed, done, dead },
      advice: 'Look at jobs.dead(), correct the handler, then send them again with jobs.retry().',
      option: null,
    },
  ]
}

function cutShort({ mostStops }: ConsumerInspection): Finding[] {
  if (mostStops < MANY_STOPS) return []
  return [
    {
      finding: 'slow-handlers',
      says: `a cast in hand began anew ${mostStops} times, since each time its consumer was stopped before it was done`,
      figures: { mostStops },
      advice:
        'It takes longer than "within": stop with more, or cast smaller pieces. That counts for no attempt, so it goes on for ever.',
      option: null,
    },
  ]
}

function noStorage({ trouble, waiting, inHand, undelivered }: QueueInspection): Finding[] {
  if (trouble === null) return []
  return [
    {
      finding: 'unreachable',
      says: `JetStream is in trouble: ${trouble}`,
      figures: { waiting, inHand, ...(undelivered > 0 ? { undelivered } : {}) },
      advice:
        adviceFor(trouble) ?? 'Do what it says, or give the streams of the queue, the account or the server more room.',
      option: null,
    },
  ]
}

function leftovers({ leftovers: count, queue }: QueueInspection): Finding[] {
  if (count === 0) return []
  return [
    {
      finding: 'unreachable',
      says: `${count} ${count === 1 ? 'message takes' : 'messages take'} room though nobody gets ${count === 1 ? 'it' : 'them'}`,
      figures: { leftovers: count },
      advice:
        'They came back with a server that was killed, or stayed when "replicas" was changed while casts ran. Consumers delete those ' +
        'that are certainly done and came back: start one. What stays may be a ' +
        `cast that the server has lost: look at it with "nats stream get …_${queue}_jobs", cast it again if it is not done, and delete it ` +
        'with "nats stream rmm", but only that one.',
      option: null,
    },
  ]
}

function died({ dead }: QueueInspection): Finding[] {
  if (dead === 0) return []
  return [
    {
      finding: 'dead-letters',
      says: `${dead} ${dead === 1 ? 'cast' : 'casts'} could not be done`,
      figures: { dead },
      advice: 'Look at jobs.dead(), then send them again with jobs.retry(), or delete them with jobs.discard().',
      option: 'maxDeliver',
    },
  ]
}

function repeated({ repeated: again, inHand }: QueueInspection): Finding[] {
  if (again === 0) return []
  return [
    {
      finding: 'retries',
      says: 'casts that came before are in hand, or wait, again: an attempt failed, its process ended, or no handler knew their type',
      figures: { repeated: again, inHand },
      advice:
        'Look at consumer.inspect() on each machine: at lastFailure, at unknownTypes, and at trouble: what a consumer does that may not ' +
        'publish to "$JS.ACK.>" comes again.',
      option: 'backoff',
    },
  ]
}

function calm(says: string, figures: Record<string, number>): Finding {
  return { finding: 'calm', says: `nothing limits it: ${says}`, figures, advice: 'Nothing to do.', option: null }
}

import { runOf } from './ahead'
import type { Deadlocks } from './deadlocks'
import type { Request } from './request'
import type { Circle } from './request-owner'

/** How many pools a text names. */
const MOST_NAMES = 10

/** A running handler on a way, and the call that has led to it: its own, or one that waits for it. */
interface Step {
  readonly call: Request
  readonly running: Request
  readonly by: Circle['by']
}

/** The way from a request that waits, until it leads back. */
export function circleFrom(request: Request, deadlocks: Deadlocks): Circle {
  const way: Step[] = []
  let step = stepFrom(request, deadlocks)
  while (step !== undefined && way.length < MOST_NAMES) {
    const start = startOfCircle(way, step)
    if (start >= 0) return closedCircle(way, start, step)
    way.push(step)
    const call = deadlocks.blockedCallOf(step.running)
    step = call === undefined ? undefined : stepFrom(call, deadlocks)
  }
  return inNames(way, step)
}

/** Whom a call waits for: its own run, one that is ahead of it, or any of the members. */
function stepFrom(call: Request, deadlocks: Deadlocks): Step | undefined {
  let [running, by]: [Request, Circle['by']] = [runOf(call), 'share']
  // What it waits for may wait itself.
  for (let next = 0; !running.isCalled && next < MOST_NAMES; next++) {
    const ahead = deadlocks.blockedBy(running)
    const found = ahead === undefined ? { by: 'members' as const, request: firstOf(running) } : ahead
    if (found.request === undefined) return undefined
    by = found.by
    running = runOf(found.request)
  }
  return running.isCalled ? { call, running, by } : undefined
}

/** A running request of the same pool, as an example. */
function firstOf({ owner }: Request): Request | undefined {
  for (const running of owner.workforce.running()) return running
  return undefined
}

/** Where a way that goes on with a step has been before; -1 if nowhere. */
function startOfCircle(way: readonly Step[], { by, running }: Step): number {
  if (by !== 'members') return way.findIndex((step) => step.running === running)
  return way.findIndex((step) => step.running.owner === running.owner)
}

/**
 * A circle, told so that it ends with a call that waits in a queue: that one says what would have to change. If all its calls run,
 * one of them shares the run that it belongs to.
 */
function closedCircle(way: readonly Step[], start: number, last: Step): Circle {
  if (last.by !== 'share') return inNames(way, last)
  const queued = way.findLastIndex(({ by }, place) => place > start && by !== 'share')
  const step = way[queued]
  if (step === undefined) return inNames(way, last)
  return inNames([...way.slice(0, start), ...way.slice(queued), ...way.slice(start, queued)], step)
}

function inNames(way: readonly Step[], last?: Step): Circle {
  const named = way.map(({ running }) => running)
  if (last !== undefined) named.push(last.call)
  const names = named.map(({ pool, type }) => `pool "${pool}" (type "${type}")`)
  return { way: names.join(' waits for '), pool: named.at(-1)?.pool ?? '', by: last?.by ?? 'members' }
}

import type { Nanos } from '@genpool/runtime'
import { Step } from '../behaviours/step'
import { settle } from '../hot-imports'
import { calling } from '../requests/calling'
import type { CastRow, Casts } from '../requests/cast-row'
import type { Request } from '../requests/request'
import { HandlerFailure, reportDone, stepOf } from './handler-results'
import { MessageContext } from './message-context'
import { changesNothing, FIRST, type Running } from './short-runs'
import type { Ran } from './worker'

/** A worker that runs casts in a row. */
export interface RowRunning extends Running {
  /** Runs a job in the general way. True: it has run, nothing follows from it, and nothing is reported. */
  runAtOnce(job: Request): boolean
  /** When the job in hand began. */
  startedAt: Nanos
  /** A job begins now. */
  began(job: Request): void
  /** What `runAtOnce` does when the handler has been called. */
  isOver(job: Request, step: Step | PromiseLike<Step>): boolean
  failed(job: Request, error: unknown): void
}

/**
 * Runs casts one after the other. True: all have run, and nothing follows from the last one. False: that one is reported, or will be.
 *
 * Fast path: one loop, whose casts share a request. Between two of them only what `casts` counts changes. Saves 25 % of a cast if
 * 10 000 are sent at once.
 */
export function runRow(worker: RowRunning, first: CastRow, casts: Casts): boolean {
  const { host, pool, shortCell: cell } = worker
  if (cell === null || pool.isExclusive) return runEach(worker, first, casts)
  const { inHand } = host
  const { turn } = pool
  let row = first
  begin(worker, row.request)
  for (;;) {
    const { request }: CastRow = row
    const { value: state, version } = cell
    const ctx = new MessageContext(row, 1)
    row.begin(ctx)
    let result: unknown
    calling.hand = inHand
    try {
      result = request.handler.handle(request.message, state, ctx)
    } catch (error) {
      calling.hand = null
      worker.failed(request, new HandlerFailure(error))
      return false
    }
    calling.hand = null
    const isPlain = result instanceof Step && result.kind === 'noReply' && changesNothing(result)
    if (!isPlain || request.rarely !== null || request.outcome !== null || worker.ended) {
      if (!commits(worker, request, { cell, result, state, version })) return false
    }
    if (pool.isExclusive) return reportDone(worker, request)
    const next = casts.next(row)
    if (next === null) return true
    if (next === row) worker.startedAt = turn.last
    else begin(worker, (row = next).request)
  }
}

function begin(worker: RowRunning, request: Request): void {
  worker.began(request)
  worker.host.progress.attempted(request, FIRST)
}

/** Runs each one in the general way. */
function runEach(worker: RowRunning, first: CastRow, casts: Casts): boolean {
  for (let row: CastRow | null = first; row !== null; row = casts.next(row)) {
    if (!worker.runAtOnce(row.request)) return false
  }
  return true
}

/** Goes on with a run in the general way. True: it has run, nothing follows from it, and nothing is reported. */
export function commits(worker: RowRunning, job: Request, { cell, result, state, version }: Ran): boolean {
  let step: Step | PromiseLike<Step>
  try {
    step = settle(cell, worker, worker.pool.commitOptions, stepOf(result, job.handler, worker), state, version)
  } catch (error) {
    worker.failed(job, error)
    return false
  }
  return worker.isOver(job, step)
}

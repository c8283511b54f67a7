import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks'
import { types } from 'node:util'

/*
 * Node has no function that says whether an `AsyncLocalStorage` has a value here. Two traces tell it, one for each way in which
 * Node keeps the values. Where a trace is not as expected, there is always a context: that is slower, and never wrong.
 */

/** A resource that is used for as long as this code is: it is told as destroyed at once, or test runners report it as left open. */
function quietResource(): AsyncResource {
  return new AsyncResource('GenPool', { triggerAsyncId: 1, requireManualDestroy: true }).emitDestroy()
}

/** The symbol properties by which Node marks what it makes. Undefined where this Node has none. */
const symbolOf = (description: string): symbol | undefined =>
  Object.getOwnPropertySymbols(quietResource()).find((symbol) => symbol.description === description)
const FRAME = symbolOf('context_frame')
const ASYNC_ID = symbolOf('async_id_symbol')
const MARKS = ['context_frame', 'async_id_symbol', 'trigger_async_id_symbol']

/** The promise of the engine, even if the global one was replaced by a library. */
const EnginePromise = (async () => undefined)().constructor as PromiseConstructor
const nothing = (): void => undefined

const USES_HOOKS = '_enable' in AsyncLocalStorage.prototype

type Marked = Record<symbol, unknown>
type Question = () => boolean

const always: Question = () => true

/** By hooks, the default up to Node 22: the first use of a storage sets a hook, which marks each promise from then on. */
function byHooks(mark: symbol): Question {
  let used = false
  // Costs nothing until then: V8 leaves out a promise that nobody keeps. Later a promise is slow, so the answer stays.
  return () => used || ((new EnginePromise(nothing) as unknown as Marked)[mark] !== undefined && (used = true))
}

/** A resource that is only looked at. With an id, Node need not find out what caused it. */
class Probe extends AsyncResource {
  constructor() {
    super('GenPoolProbe', 1)
  }
}

/** By frames, the default from Node 24: each resource refers to the frame of its values. Costs 20 ns. */
function byFrames(frame: symbol): Question {
  return () => (new Probe() as unknown as Marked)[frame] !== undefined
}

function chosen(): Question {
  if (USES_HOOKS) {
    const isMarked = ASYNC_ID !== undefined && types.isPromise(new EnginePromise(nothing))
    return isMarked ? byHooks(ASYNC_ID) : always
  }
  if (FRAME === undefined) return always
  const has = byFrames(FRAME)
  // With hooks, a trial would set the hook and slow the process down. With frames, `run` leaves an empty one here: the scope ends it.
  const trial = (): boolean => new AsyncLocalStorage<true>().run(true, has)
  return quietResource().runInAsyncScope(trial) ? has : always
}

/** Whether an `AsyncLocalStorage` may have a value here. False is certain; true may only mean that one is used in the process. */
export const hasContext: Question = chosen()

/** A resource without any values, even if this file is loaded where there are some. */
function emptyResource(): AsyncResource {
  const resource = quietResource()
  const marked = resource as unknown as Marked
  if (FRAME !== undefined) marked[FRAME] = undefined
  for (const symbol of Object.getOwnPropertySymbols(resource)) {
    if (!MARKS.includes(symbol.description ?? '')) Reflect.deleteProperty(resource, symbol)
  }
  return resource
}

const EMPTY = emptyResource()

/** Calls `work` where no `AsyncLocalStorage` has a value, and so of no caller. */
export function withoutContext<T>(work: () => T): T {
  // With frames, to look is slower than to do it.
  return USES_HOOKS && !hasContext() ? work() : EMPTY.runInAsyncScope(work)
}

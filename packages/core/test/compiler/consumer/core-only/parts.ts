import {
  type CastResult,
  configure,
  type ConflictError,
  CrashedError,
  type DeadLetter,
  type DropEvent,
  explain,
  getMembers,
  halt,
  type Handler,
  ignore,
  initThen,
  inspect,
  type InvalidError,
  type Next,
  isGenPoolError,
  noReply,
  poolOptions,
  type PoolEventName,
  type PoolEvents,
  type PoolOptions,
  type PoolRef,
  type WorkerHost,
  type Protocol,
  refuse,
  reply,
} from '@genpool/core'
import * as everything from '@genpool/core'
import * as testing from '@genpool/core/testing'

/** Handlers that are exported one by one, to be put together elsewhere. */
export const add = (msg: { n: number }, state: { n: number }) => reply(state.n + msg.n, { n: state.n + msg.n })
export const later = () => noReply()
export const end = () => halt('enough', { reply: 1 })
export const init = () => initThen({ n: 1 }, { continue: 'warm up' })
export const nobody = () => ignore()
export const never = () => refuse('no license')

/** What functions of the package return. */
export const why = (pool: PoolRef) => explain(pool)
export const look = (pool: PoolRef) => inspect(pool)
export const members = (pool: PoolRef) => getMembers(pool)
export const dropped = (error: unknown) => (isGenPoolError(error, 'ERR_GENPOOL_DROPPED') ? error : undefined)
export const anyError = (error: unknown) => (isGenPoolError(error) ? error : undefined)
export const changes = (pool: PoolRef) => configure(pool, {})
export const failure = (result: CastResult) => (result.ok ? undefined : result.error)
export const faults = (error: InvalidError) => error.faults
export const conflict = ({ key, reason }: ConflictError) => ({ key, reason })
export const options = poolOptions.extend({})
export const checked = poolOptions.parse({})
export const withDefaults = (given: PoolOptions) => ({ size: 4, ...given })
export const letter = (lost: DeadLetter) => ({ ...lost })
export const drop = (event: DropEvent) => ({ ...event })
export const recipeOf = (next: Next<{ n: number }>) => (typeof next === 'function' ? next : undefined)
export const event = (event: PoolEvents[PoolEventName]) => ({ ...event })
export const step = (handler: Handler, result: unknown) => handler.toStep(result)
export const following = (...[, then]: Parameters<WorkerHost['done']>) => then
export const otherCall = (protocol: Protocol) => protocol.otherCall
export class OwnError extends CrashedError {}

/** All that there is. */
export const genpool = { ...everything }
export const forTests = { ...testing }

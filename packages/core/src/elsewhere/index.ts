export { InitStep } from '../behaviours/behaviour'
export { Definition, isDefinition } from '../behaviours/define-pool'
export { defineTask } from '../behaviours/define-task'
export { RunAgain } from '../behaviours/run-again'
export type { CheckedBackOff } from '../requests/back-off'
export { CrashedError, StartTimeoutError } from '../errors'
export { ERROR_CLASSES } from './error-classes'
export type { PoolFacts } from '../behaviours/pool-facts'
export type { Routes } from '../behaviours/routes'
export { behaviourElsewhere, type Elsewhere } from '../work/elsewhere'
export type { MakeRunSpans, RunSpans, Scope, SpanAttributes } from '../requests/scope'
export type { StateOptions } from '../work/state-options'
export type { Errand, ErrandReports } from './errand'
export { type ErrandHost, type ErrandMessage, ErrandWorker } from './errand-worker'
export { initialise } from '../work/callbacks'
export { type DistantActor, LocalPool, type LocalPoolSetup } from './local-pool'
export type { AfterCommit, CellElsewhere } from './last-word-worker'
export { type Figure, type PoolElsewhere, putElsewhere } from '../api/elsewhere'
export {
  addSource,
  type Closed,
  deliver,
  type Delivering,
  type DeliveryOptions,
  longRunMs,
  roomIn,
} from '../api/deliver'
export { explanationOf, heldIn } from '../api/explain'
export {
  type Halted,
  haltedOf,
  messageTypesOf,
  openingsOf,
  sharedCellOf,
  unbegunSignals,
  watchHalts,
  watchRuns,
} from '../api/serving'
export type { Openings } from '@genpool/broker'
export type { MessageTypes } from '../behaviours/message-types'
export { onAbort } from '../requests/on-abort'
export { Conditions } from '../views/conditions'
export { legible } from '../views/pool-view'
export type { Source, SourceFigures } from '../views/sources'
export { RecentHistogram, WINDOW } from '../views/stats/histogram'
export type { DeliveryEnd } from '../requests/delivered-cast'

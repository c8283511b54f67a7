export { broadcast, call, cast } from './api/messages'
export { explain } from './api/explain'
export type { Key } from '@genpool/broker'
export { getMembers, getOptions, getState, getWaiting, type MemberView, watchDeadLetters } from './api/looking'
export {
  type AnyRef,
  type ChangedBy,
  type ChangesOf,
  type ElsewhereRef,
  type HereRef,
  type OptionsOf,
  type Receiver,
} from './api/elsewhere'
export { httpStatus, type HttpStatus } from './api/http-status'
export { inspect, type Inspection, type StoreFigures } from './api/inspect'
export { load, type Load } from './api/load'
export { type Change, configure, drain, pause, previewChanges, relearn, resize, resume } from './api/operating'
export { map, mapStream, type Results } from './api/map'
export { type MapOptions, mapOptions } from './api/many/map-options'
export type { Source } from './api/many/open-source'
export { onEvent } from './api/on-event'
export { type Condition, idle, when } from './api/waiting'
export { type PlainPoolOptions, ready, spawnPool, type TypedPoolOptions } from './api/spawn-pool'
export {
  type Batched,
  type CallBatchHandler,
  type CallHandler,
  type CallMap,
  type CallStep,
  type CastBatchHandler,
  type CastHandler,
  type CastMap,
  type CastStep,
  type Checked,
  ignore,
  initThen,
  type InitStep,
  type Lifecycle,
  refuse,
} from './behaviours/behaviour'
export type { Context, Delivery, From, MemberContext, MemberInfo } from './behaviours/context'
export { type BackOffOptions, backOffOptions } from './behaviours/run-again'
export { defineTask, type TaskProtocol } from './behaviours/define-task'
export type { Eventually } from './behaviours/eventually'
export type { Handler } from './behaviours/handler'
export {
  type Behaviour,
  type CatchAllCall,
  type CatchAllCast,
  definePool,
  type MapProtocol,
  type OpenProtocol,
  type PlainFunction,
  type PlainProperties,
  type PlainProtocol,
  type PoolDefinition,
} from './behaviours/define-pool'
export type {
  AnswerTo,
  AnyCall,
  CallMessage,
  CastMessage,
  Exchange,
  MessageOf,
  PoolRef,
  Protocol,
  ReplyTo,
} from './behaviours/protocol'
export {
  type Following,
  halt,
  type Halt,
  type Next,
  noReply,
  type NoReply,
  reply,
  type Reply,
  type Step,
  type Then,
} from './behaviours/step'
export type { DeepReadonly } from './behaviours/deep-readonly'
export { CrashedError, type ErrorsByCode, isGenPoolError, StartTimeoutError } from './errors'
export type { Explanation, Finding, FindingName } from './views/explain/finding'
export type { SourceFigures } from './views/sources'
export type { DeadLetter } from './pool/dead-letters'
export type { CastResult } from './pool/intake'
export type { CallOptions, CastOptions } from './pool/message-options'
export { type RetryOptions, retryOptions } from './requests/retry-options'
export { type CheckedPoolOptions, type PoolChanges, type PoolOptions, poolOptions } from './assemble/options'
export type { Phase } from './pool/status'
export type { MemberStatus } from './members/status'
export type { Outcome, RequestKind } from './requests/outcome'
export type { BreakerFigures, Percentiles } from './views/pool-view'
export type { Shares, WaitingRequest, WaitingSummary } from './views/waiting-summary'
export { withWorkers } from './work/with-workers'
export type {
  Job,
  JobScope,
  JobStage,
  Progress,
  Started,
  Worker,
  WorkerFactory,
  WorkerHost,
  WorkerSeat,
} from './work/worker'
export type {
  AlarmEvent,
  BackOffEvent,
  BreakerEvent,
  ConflictEvent,
  DeadLetterEvent,
  DeliveryEvent,
  DropEvent,
  HeldEvent,
  InitFailEvent,
  MemberCrashEvent,
  MemberEvent,
  MemberStartEvent,
  MemberStopEvent,
  MemberStuckEvent,
  PoolConfigureEvent,
  PoolDrainEvent,
  PoolEvent,
  PoolEventName,
  PoolEvents,
  PoolReadyEvent,
  PoolStartEvent,
  PoolStopEvent,
  RequestEvent,
  SettledEvent,
  SizeChangeEvent,
  StateChangeEvent,
  StoreEvent,
} from './views/telemetry/events'
// With what the types above name, for projects that cannot import the packages below.
export {
  type BrokerRef,
  DroppedError,
  type DropReason,
  type FunctionOf,
  type HoldingLimit,
  type QueueFactory,
  type Waiting,
} from '@genpool/broker'
export {
  CancelledError,
  type Clock,
  type ErrorCode,
  ExpiredError,
  GenPoolError,
  OptionsError,
  StoppedError,
  UnreachableError,
} from '@genpool/runtime'
export {
  type CellKey,
  ConflictError,
  type ConflictReason,
  current,
  type Draft,
  type Fault,
  immerable,
  InvalidError,
  NotCommittedError,
  type Patch,
  type Recipe,
  type SchemaLike,
  type Store,
} from '@genpool/state-ane'

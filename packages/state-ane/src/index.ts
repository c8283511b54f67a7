export { current } from './cells/current'
export { immerable } from 'immer'
export {
  type After,
  type Cell,
  type Change,
  type Hold,
  holding,
  type Recipe,
  type Replay,
  type SyncCell,
  type SyncHold,
  type Watcher,
  whenFree,
  type Writer,
} from './cells/cell'
export { type Prepared } from './cells/memory-cell'
export { ENDED_DRAFT, isEndedDraft } from './cells/ended-draft'
export { type MaybePromise } from './cells/maybe-promise'
export { type TransactionRecipe, type Values } from './cells/transaction'
export { type Predicate, type SchemaLike, type Validator } from './cells/validator'
export { settleUnchecked, transact, transactUnchecked } from './commits/transact'
export { type Attempt, type CommitMode, type CommitOptions, type Step, type Transition } from './commits/transition'
export {
  type CellKey,
  ConflictError,
  type ConflictReason,
  type Fault,
  InvalidError,
  NotCommittedError,
  UnknownWrite,
} from './errors'
export type { Draft, Patch } from 'immer'
export { GroupCommit, type GroupPorts } from './groups/group-commit'
export {
  type Batch,
  type Commit,
  type Committed,
  type Part,
  type Result,
  type SpeculativeCell,
  type Work,
} from './groups/speculation'
export { setting, transacting, updating } from './groups/works'
export type { Arrival, Backing, Kept, Lease, Mirror } from './stores/backing'
export type { CellCondition, StorageCondition } from './cells/condition'
export { backedStore, createStore } from './stores/create-store'
export { cellUnchecked } from './stores/single-cell'
export { type CellOptions, DEFAULT_HISTORY, type StoreOptions, storeOptions } from './stores/options'
export { type AsyncStore, type Store, type SyncStore } from './stores/store'
export { PatchLog } from './replicas/patch-log'
export type { ReplicaTurns, Turn } from './replicas/replica-turns'
export { ReplicaCell } from './replicas/replica-cell'
export type { ReplicaPorts } from './replicas/replica-ports'
export { type OwnerMessage, type Refused, type ReplicaMessage } from './replicas/replica-messages'
export { ReplicaSession } from './replicas/replica-session'
export type { SessionPorts } from './replicas/session-ports'
export { Replica, replicate, type ReplicaRequest, type ReplicaUpdate, type Replicator } from './replicas/replica'
export { type Answer, type Changed, type Snapshot, type StateMessage } from './actors/messages'
export { type NamedRecipe, spawnState, type StateOptions, stateOptions, type StateRef } from './actors/state-actor'
export { fileEngine, type FileEngine, type FileEngineOptions } from './journal/file-engine'
export { JournalError } from './journal/journal-error'
export { type JournalOptions } from './journal/journal'
export { LockedError } from './journal/lock'

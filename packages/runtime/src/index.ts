export { Brake, refuse, refused } from './brake'
export { callSafely, warn, warnOf, warnOfCallback } from './call-safely'
export { hasContext, withoutContext } from './caller-context'
export { type Change, changesBetween, isPlainObject, namedIn, withChanges } from './changes'
export { type Clock, clockOffset, clockOfThread, type Nanos, NS_PER_MS, systemClock, type Timer } from './clock'
export { Deadlines, type Expiring, TimingWheel } from './deadlines'
export { count } from './count'
export {
  CancelledError,
  cancelledWait,
  type ErrorCode,
  ExpiredError,
  GenPoolError,
  isGenPoolError,
  OptionsError,
  READ_FIRST,
  type Remedy,
  round,
  sentence,
  StoppedError,
  textOf,
  UnreachableError,
  WRITTEN,
} from './errors'
export { COMMITTED_BEFORE, type Fault, InvalidError, type Remains } from './invalid-error'
export { keepShape } from './keep-shape'
export { native } from './native'
export { keyId, keyName, whyNotAKey } from './key-id'
export { isPromise, letGo } from './let-go'
export { BaseActor, spawnActor, stopTree } from './nact/base-actor'
export { DistantSystem, type DistantActors, plainAddress, type PlainAddress, referenceTo } from './nact/distant-system'
export { type Hold as ReferenceHold, heldReference } from './nact/held-reference'
export {
  type ConcreteActor,
  type ConcreteParent,
  type ConcreteSystem,
  findActor,
  nobody,
  type Reference,
  type ReplyTarget,
  supervision,
} from './nact/internals'
export { checkPlace, isAddress, lookUp } from './nact/place'
export { answerQuery } from './nact/answer-query'
export { findAtOnce, ReplyReference } from './nact/replies'
export { MinHeap, type Scheduled } from './min-heap'
export { MOST_DEPTH } from './most-depth'
export { Notices } from './notices'
export { printable, printableLines } from './printable'
export { RetryBudget } from './retry-budget'
export { WakeTimer } from './wake-timer'
export { optionsOf } from './options/actor-name'
export { clockOption } from './options/clock-option'
export { inOrder } from './options/in-order'
export { hasNoOptions } from './options/no-options'
export { faultsOf, parseOptions, wrongOptions } from './options/parse-options'
export { plainOptions } from './options/plain-options'
export { checkQueryTimeout } from './options/query-timeout'
export { readSafely } from './options/read-safely'
export { nearest } from './options/nearest'
export { showPath } from './options/show-path'
export { listed, showNumber, showValue } from './options/show-value'
export { type Argument, checkFunction, checkTime, wrongArgument } from './options/wrong-argument'
export { Ring } from './ring'
export { RunMeter } from './run-meter'
export { type Runnable, Turn } from './turn'

export { type Broker, type BrokerDecision, type BrokerHooks, type Match, NO_DECISION } from './engine/broker'
export { type Change } from '@genpool/runtime'
export { createBroker } from './engine/create-broker'
export {
  type BrokerOptions,
  brokerOptions,
  checkEngineOptions,
  defaultClientQueue,
  type EngineOptions,
} from './engine/broker-options'
export { type DropFacts, DroppedError, type DropReason, InvalidError } from './errors'
export { type BackOffFigures, type BackOffScope } from './limits/back-off'
export { type HeldBy, type LimitFigures } from './limits/limit-figures'
export { type HoldingLimit, type HoldWatch } from './limits/hold-watch'
export { type Openings } from './limits/openings'
export { keepLimitedShape } from './limits/passes'
export { limitShape, type LimitsOptions, limitsOptions, type RateOptions, rateOptions } from './limits/limit-options'
export { type CodelOptions, codelOptions } from './queues/codel-options'
export { codelQueue } from './queues/codel-queue'
export { type DropOptions, dropOptions, dropQueue } from './queues/drop-queue'
export {
  type FairBy,
  type FunctionOf,
  type Key,
  identify as fairIdentity,
  keyFunction as fairKey,
} from './queues/fair-keys'
export { type FairOptions, fairOptions } from './queues/fair-options'
export { fairQueue } from './queues/fair-queue'
export { type CallWatch, type Maker, type PackedCalls } from './queues/pack'
export { limitRemedy, refusalInWords } from './limits/limit-remedy'
export { type Decision, type Drop, factsOf, type Queue, type QueueFactory } from './queues/queue'
export { type QueueOptions, queueOptions } from './queues/queue-options'
export { type TimeoutOptions, timeoutOptions, timeoutQueue } from './queues/timeout-queue'
export { type HoldingList, Waiting } from './queues/waiting'
export { WaitingList } from './queues/waiting-list'
export { type CodelValveOptions, codelValve, codelValveOptions } from './valves/codel-valve'
export { type OpenValveOptions, openValve, openValveOptions } from './valves/open-valve'
export { type RateValveOptions, rateValve, rateValveOptions } from './valves/rate-valve'
export { type RelativeValveOptions, relativeValve, relativeValveOptions } from './valves/relative-valve'
export { type Continuation, type Valve, type ValveFactory, type ValveStatus } from './valves/valve'
export {
  type AlarmEvent,
  type AlarmMeter,
  overloadMeter,
  type OverloadMeterOptions,
  overloadMeterOptions,
  underloadMeter,
  type UnderloadMeterOptions,
  underloadMeterOptions,
} from './meters/alarm-meter'
export { type BetterMeter, betterMeter, type BetterMeterOptions, betterMeterOptions } from './meters/better-meter'
export { type Meter, type MeterFactory, type Sample } from './meters/meter'
export { type PieMeter, pieMeter, type PieMeterOptions, pieMeterOptions } from './meters/pie-meter'
export { presets } from './engine/presets'
export { type Protection, Protector } from './engine/protector'
export {
  type Admission,
  createRegulator,
  type Regulator,
  type RegulatorDecision,
  type RegulatorHooks,
} from './engine/regulator'
export { type RegulatorOptions, regulatorOptions } from './engine/regulator-options'
export { type ValveOptions, valveOptions } from './valves/valve-options'
export { type AskOptions } from './actors/ask-options'
export { type BrokerActorOptions, brokerActorOptions, type BrokerConfig } from './actors/broker-actor-options'
export { type BrokerActor } from './actors/broker-actor'
export { type AskKind, type BrokerAnswer, type BrokerMatch, type BrokerMessage } from './actors/broker-messages'
export {
  ask,
  askR,
  asyncAsk,
  asyncAskR,
  brokerOf,
  type BrokerRef,
  cancel,
  changeConfig,
  dynamicAsk,
  dynamicAskR,
  type DynamicMatch,
  length,
  lengthR,
  nbAsk,
  nbAskR,
  spawnBroker,
  type Ticket,
} from './actors/brokers'
export { better, betterOf, type Choosing, random } from './actors/choosing'
export { type MeterOptions, meterOptions } from './meters/meter-options'
export { type RegulatorActorOptions, regulatorActorOptions } from './actors/regulator-actor'
export { type Permit, type RegulatorAnswer, type RegulatorMessage } from './actors/regulator-messages'
export { regulatorMeter, type RegulatorRef, regulators, spawnRegulator, type TaskTicket } from './actors/regulators'

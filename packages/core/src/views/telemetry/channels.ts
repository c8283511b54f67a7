import { type Channel, channel } from 'node:diagnostics_channel'
import type { PoolEventName, PoolEvents } from './events'

/** The channel of one event. Without subscribers, an event costs one read of a field. */
export interface EventChannel<E> {
  readonly hasSubscribers: boolean
  publish(event: E): void
}

/**
 * The channels by name. They belong to Node: each name has one channel per process, shared by all publishers.
 *
 * They are held here because Node holds channels weakly.
 */
const channels = {
  'genpool:request:settled': channel('genpool:request:settled'),
  'genpool:drop': channel('genpool:drop'),
  'genpool:back-off': channel('genpool:back-off'),
  'genpool:request:held': channel('genpool:request:held'),
  'genpool:dead-letter': channel('genpool:dead-letter'),
  'genpool:member:start': channel('genpool:member:start'),
  'genpool:member:crash': channel('genpool:member:crash'),
  'genpool:member:stuck': channel('genpool:member:stuck'),
  'genpool:member:stop': channel('genpool:member:stop'),
  'genpool:init:fail': channel('genpool:init:fail'),
  'genpool:commit:conflict': channel('genpool:commit:conflict'),
  'genpool:state:change': channel('genpool:state:change'),
  'genpool:size:change': channel('genpool:size:change'),
  'genpool:delivery': channel('genpool:delivery'),
  'genpool:store:change': channel('genpool:store:change'),
  'genpool:alarm:set': channel('genpool:alarm:set'),
  'genpool:alarm:clear': channel('genpool:alarm:clear'),
  'genpool:breaker:change': channel('genpool:breaker:change'),
  'genpool:pool:start': channel('genpool:pool:start'),
  'genpool:pool:ready': channel('genpool:pool:ready'),
  'genpool:pool:drain': channel('genpool:pool:drain'),
  'genpool:pool:stop': channel('genpool:pool:stop'),
  'genpool:pool:configure': channel('genpool:pool:configure'),
} as const satisfies Record<PoolEventName, Channel>

/** The names of all events. */
export const eventNames = Object.keys(channels) as readonly PoolEventName[]

/** The channel of an event. */
function channelOf<N extends PoolEventName>(name: N): EventChannel<PoolEvents[N]> {
  return channels[name]
}

export const requestSettled = channelOf('genpool:request:settled')
export const requestHeld = channelOf('genpool:request:held')
export const requestDropped = channelOf('genpool:drop')
export const backedOff = channelOf('genpool:back-off')
export const letterDead = channelOf('genpool:dead-letter')
export const memberStarted = channelOf('genpool:member:start')
export const memberCrashed = channelOf('genpool:member:crash')
export const memberStuck = channelOf('genpool:member:stuck')
export const memberStopped = channelOf('genpool:member:stop')
export const initFailed = channelOf('genpool:init:fail')
export const commitConflicted = channelOf('genpool:commit:conflict')
export const stateChanged = channelOf('genpool:state:change')
export const sizeChanged = channelOf('genpool:size:change')
export const alarmSet = channelOf('genpool:alarm:set')
export const alarmCleared = channelOf('genpool:alarm:clear')
export const breakerChanged = channelOf('genpool:breaker:change')
export const poolStarted = channelOf('genpool:pool:start')
export const poolReady = channelOf('genpool:pool:ready')
export const poolDraining = channelOf('genpool:pool:drain')
export const poolStopped = channelOf('genpool:pool:stop')
export const poolConfigured = channelOf('genpool:pool:configure')

import * as broker from '@genpool/broker'
import * as runtime from '@genpool/runtime'
import * as stateAne from '@genpool/state-ane'
import { start } from 'nact'

export const match = broker.spawnBroker(start(), {}, 'match')
export const actor = broker.brokerOf(match)
export const ask = () => broker.ask(match, 'request')
export const tryAsk = () => broker.nbAsk(match, 'request')
export const better = broker.better(match, match)
export const limit = broker.spawnRegulator(start())
export const queue = broker.codelQueue({ target: 5 }, 0)
export const list = (waiting: broker.Waiting) => waiting.list
export const meter = broker.overloadMeter({}, 0)

export const store = stateAne.createStore()
export const cell = store.cell('counter', { initial: { n: 1 } })
export const state = stateAne.spawnState(start(), { initial: { n: 1 } })

/** All that there is. */
export const below = { ...broker, ...stateAne, ...runtime }

import { virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, dispatch, query as queryByFactory, type Ref, spawn, start, stop } from 'nact'
import { type BrokerAnswer, type BrokerRef, spawnBroker } from '../../src'

/* Brokers and their parties as actors, in virtual time: of each test their own. */
export const MS = 1_000_000

/** nact takes plain messages, too; its types know factories only. */
export const query = queryByFactory as unknown as (
  to: Ref<never>,
  message: unknown,
  timeout: number,
) => Promise<unknown>

export let system: ActorSystemRef
export let clock = virtualClock()
export const broker = (options: object = {}, name?: string): BrokerRef<string, string> =>
  spawnBroker<string, string>(system, { clock, ...options }, name)

/** An actor that notes what it is told. */
export const listener = (name: string): { ref: Ref<BrokerAnswer>; told: BrokerAnswer[] } => {
  const told: BrokerAnswer[] = []
  const ref = spawn(system, (_state: undefined, message: BrokerAnswer) => void told.push(message), name)
  return { ref: ref as Ref<BrokerAnswer>, told }
}
export const tell = (to: Ref<never>, message: unknown, from: Ref<never>): void =>
  (dispatch as unknown as (to: Ref<never>, message: unknown, from: Ref<never>) => void)(to, message, from)

/** nact's own actors handle one message in each turn of the event loop. */
export const handleAll = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await clock.settle()
}

beforeEach(() => {
  system = start()
  clock = virtualClock(1000)
})
afterEach(() => stop(system))

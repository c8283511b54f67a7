import { call, definePool, inspect, isGenPoolError, onEvent, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS } from '@genpool/runtime'
import { start, stop } from 'nact'
import { Outcomes, type Prediction } from './prediction'
import { seeded } from './random'
import { runTimes } from './run-times'
import { SimulationClock } from './simulation-clock'
import type { Trace } from './trace'

/** Settings of a pool to try. Time and chance are the simulation's. */
export type SimulatedOptions = Omit<PoolOptions, 'clock' | 'random' | 'onDrop' | 'onCallbackError'>

/** Looks on, and may end a simulation before its time. */
export interface Onlooker {
  /** @param latencyMs from the call, which was at `sentAt`, to its outcome */
  settled(outcome: string, latencyMs: number, sentAt: number): void
  isOver(): boolean
}

/** What a simulated message carries. */
interface Simulated {
  /** The type of the request, which may be any. */
  readonly type: 'any'
  readonly ms: number
  readonly crashes: boolean
  readonly began: (now: number) => void
}

/** After the last arrival, what is left may take this long. */
const TAIL_MS = 60_000

/** Sends the requests of a trace to a real pool, in virtual time. */
export async function runSimulation(
  trace: Trace,
  options: SimulatedOptions,
  onlooker: Onlooker | null = null,
): Promise<Prediction> {
  const clock = new SimulationClock()
  const system = start()
  const nowMs = (): number => clock.now() / NS_PER_MS
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.setTimer(clock.now() + ms * NS_PER_MS, resolve))
  const work = async ({ ms, crashes, began }: Simulated) => {
    began(nowMs())
    await wait(ms)
    if (crashes) throw new Error('as in the trace')
    return reply(undefined)
  }
  // Options name messages by their types, also those that no request of the trace has.
  const types = new Set([...trace.requests.map(({ type }) => type), ...Object.keys(options.retryOnCrash ?? {})])
  const calls = Object.fromEntries([...types].map((type) => [type, work])) as { readonly any: typeof work }
  const Work = definePool({ calls })
  try {
    const timeout = options.timeout ?? trace.timeoutMs
    const pool = spawnPool(system, Work, 'simulated', { ...options, timeout, clock, random: seeded(1) })
    const outcomes = new Outcomes(inspect(pool).size)
    const off = onEvent('genpool:size:change', ({ to }) => outcomes.sized(nowMs(), to), { pool })
    const times = runTimes(trace, seeded(2))
    const send = async (index: number): Promise<void> => {
      const { type, priority, key, outcome } = trace.requests[index] as Trace['requests'][number]
      const [ms, sentAt] = [times[index] ?? 0, nowMs()]
      let beganAt: number | null = null
      const crashes = outcome === 'crashed'
      const message: Simulated = { type: type as 'any', ms, crashes, began: (now) => (beganAt = now) }
      const settle = (became: string): void => {
        outcomes.add(became, ms, [sentAt, beganAt, nowMs()])
        onlooker?.settled(became, nowMs() - sentAt, sentAt)
      }
      try {
        await call(pool, message, key === '' ? { priority } : { priority, key })
        settle('replied')
      } catch (error) {
        if (!isGenPoolError(error)) throw error
        settle(isGenPoolError(error, 'ERR_GENPOOL_DROPPED') ? `dropped:${error.reason}` : error.code)
      }
    }
    await clock.run(0)
    // One timer for the next arrival, not one for each.
    let index = 0
    const arrive = (): void => {
      for (; index < trace.requests.length && (trace.requests[index]?.at ?? 0) <= nowMs() + 1e-6; index++)
        void send(index)
      const next = trace.requests[index]
      if (next !== undefined) clock.setTimer(Math.round(next.at * NS_PER_MS), arrive)
    }
    arrive()
    const end = (trace.requests.at(-1)?.at ?? 0) + TAIL_MS
    const isDone = (): boolean => index === trace.requests.length && outcomes.count === index
    await clock.run(end * NS_PER_MS, () => isDone() || (onlooker?.isOver() ?? false))
    off()
    return outcomes.prediction(nowMs(), trace.requests.length)
  } finally {
    stop(system)
  }
}

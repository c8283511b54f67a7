import { call, definePool, inspect, isGenPoolError, onEvent, type PoolOptions, reply, spawnPool } from '@genpool/core'
import { NS_PER_MS, wrongArgument } from '@genpool/runtime'
import { start, stop } from 'nact'
import { checkPlain } from './arguments'
import { type Load, traceOf } from './load'
import { Outcomes, type Prediction } from './prediction'
import { seeded } from './random'
import { runTimes } from './run-times'
import { SimulationClock } from './simulation-clock'
import { isRequest, type Trace } from './trace'

/** Settings of a pool to try. Time and chance are the simulation's. */
export type SimulatedOptions = Omit<PoolOptions, 'clock' | 'random' | 'onDrop' | 'onCallbackError'>

/** What a simulated message carries. */
interface Simulated {
  readonly type: string
  readonly ms: number
  readonly crashes: boolean
  readonly began: (now: number) => void
}

/** After the last arrival, what is left may take this long. */
const TAIL_MS = 60_000

/** @throws {OptionsError} if something in it is no request: a program may have made it */
function checkTrace(trace: Trace): Trace {
  const wrong = trace.requests.findIndex((request) => !isRequest(request))
  if (wrong < 0) return trace
  const expected = 'requests with at, type, priority, key, ranMs and outcome, as readTrace returns them'
  throw wrongArgument({ of: 'simulate', argument: `request ${wrong} of the trace`, expected }, trace.requests[wrong])
}

/**
 * Predicts what would become of requests with other settings: a real pool, with its broker, sizing and protection, gets them in
 * virtual time. What never ran in the trace takes as long as another request of its type.
 *
 * The same trace and options give the same prediction. It knows nothing of the backend: if handlers get slower when more of
 * them run at once, a larger pool is better here than in truth.
 *
 * @param traffic what `readTrace` returned, or a description of a load
 * @throws {OptionsError} if an option of the pool or of the load is wrong
 * @example await simulate(readTrace('trace.jsonl'), { size: 8, broker: { client: { type: 'codel', target: 50 } } })
 */
export async function simulate(traffic: Trace | Load, options: SimulatedOptions = {}): Promise<Prediction> {
  checkPlain('simulate', 'traffic', traffic)
  checkPlain('simulate', 'options', options)
  const trace =
    'requests' in traffic && Array.isArray(traffic.requests) ? checkTrace(traffic) : traceOf(traffic as Load)
  const clock = new SimulationClock()
  const system = start()
  const nowMs = (): number => clock.now() / NS_PER_MS
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => void clock.setTimer(clock.now() + ms * NS_PER_MS, resolve))
  const Work = definePool({
    handleCall: async ({ ms, crashes, began }: Simulated) => {
      began(nowMs())
      await wait(ms)
      if (crashes) throw new Error('as in the trace')
      return reply(undefined)
    },
  })
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
      const message: Simulated = { type, ms, crashes: outcome === 'crashed', began: (now) => (beganAt = now) }
      const facts = (): [number, number | null, number] => [sentAt, beganAt, nowMs()]
      try {
        await call(pool, message, key === '' ? { priority } : { priority, key })
        outcomes.add('replied', ms, facts())
      } catch (error) {
        if (!isGenPoolError(error)) throw error
        outcomes.add(
          error.code === 'ERR_GENPOOL_DROPPED' ? `dropped:${(error as { reason?: string }).reason}` : error.code,
          ms,
          facts(),
        )
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
    await clock.run(end * NS_PER_MS, () => index === trace.requests.length && outcomes.count === index)
    off()
    return outcomes.prediction(nowMs(), trace.requests.length)
  } finally {
    stop(system)
  }
}

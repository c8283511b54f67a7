import { call, ready } from '@genpool/core'
import { remotePool } from '@genpool/nats'
import { median, percentile, type Row } from '../measure'
import { durableCasts } from './durable'
import { startMachines } from './setup'
import { stateRows } from './state'

const ROUND_MS = 1500

/** Pools on several machines: a server, nodes and a client, as processes on this one. */
export async function machines(): Promise<Row[]> {
  const calls = [await speed(64, 0.7, 0.9), await speed(1, 0.7, 0.9), await slowNode(), ...(await overload())]
  return [...calls, ...(await durableCasts()), ...(await stateRows())]
}

/** `call` of a trivial handler beside a bare NATS request with the same payload. */
async function speed(inFlight: number, atLeast: number, aim: number): Promise<Row> {
  const name = `speed-${inFlight}`
  const all = await startMachines(name, [0])
  const pool = remotePool(all.system, all.connection, { name })
  await ready(pool)
  const message = { type: 'echo', value: 5 }
  const payload = JSON.stringify(message)
  const oursOnce = () => throughput(inFlight, () => call(pool as never, message as never))
  const theirsOnce = () =>
    throughput(inFlight, () => all.connection.request(`bare.${name}`, payload, { timeout: 5000 }))
  // Three processes have to be warm before anything is measured.
  for (let round = 0; round < 2; round++) await oursOnce().then(theirsOnce)
  const rounds: { readonly ours: number; readonly theirs: number }[] = []
  for (let round = 0; round < 5; round++) rounds.push({ ours: await oursOnce(), theirs: await theirsOnce() })
  await all.end()
  const ours = median(rounds.map((round) => round.ours))
  const theirs = median(rounds.map((round) => round.theirs))
  return {
    title: `call over NATS / bare NATS request, ${inFlight === 1 ? 'one at a time' : `${inFlight} in flight`}`,
    value: median(rounds.map((round) => round.ours / round.theirs)),
    unit: 'x',
    atLeast,
    aim,
    better: 'more',
    detail: `${Math.round(ours)}/s against ${Math.round(theirs)}/s`,
  }
}

async function throughput(inFlight: number, one: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  let done = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - begun < ROUND_MS) {
      await one()
      done++
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return (done / (performance.now() - begun)) * 1000
}

/** Three nodes of 8 members, one of them ten times slower, at 60 % of what they can do. */
async function slowNode(): Promise<Row> {
  const name = 'slow'
  const perSecond = 0.6 * (8 / 0.01 + 8 / 0.01 + 8 / 0.1)
  const all = await startMachines(name, [10, 10, 100])
  const pool = remotePool(all.system, all.connection, { name })
  await ready(pool)
  const oursOne = (value: number) => call(pool as never, { type: 'work', value } as never, { timeout: 60_000 })
  const theirsOne = (value: number) => all.connection.request(`group.${name}`, String(value), { timeout: 60_000 })
  const ours = await openLoad(perSecond, 6000, oursOne)
  const theirs = await openLoad(perSecond, 6000, theirsOne)
  await all.end()
  const [own, group] = [percentile(ours.took, 0.99), percentile(theirs.took, 0.99)]
  return {
    title: 'p99 with one of three nodes ten times slower / that of a queue group',
    value: own / group,
    unit: 'x',
    atLeast: 0.3,
    aim: 0.2,
    better: 'less',
    detail: `${own.toFixed(0)} ms against ${group.toFixed(0)} ms`,
  }
}

/** Three nodes at twice what they can do: what callers get in time, and what runs for nobody. */
async function overload(): Promise<Row[]> {
  const name = 'overload'
  const capacity = 3 * (8 / 0.04)
  const all = await startMachines(name, [40, 40, 40])
  const pool = remotePool(all.system, all.connection, { name })
  await ready(pool)
  const one = (value: number) =>
    call(pool as never, { type: 'work', value, until: Date.now() + 500 } as never, { timeout: 500 })
  // What three nodes can do on this machine, beside the client: timers are late when the processors are busy.
  const before = await closedLoad(24, 3000, one)
  const ranBefore = await all.ran()
  const { took, failed, lastedMs } = await openLoad(2 * capacity, 8000, one)
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const after = await all.ran()
  await all.end()
  const goodput = took.length / (lastedMs / 1000)
  return [
    {
      title: 'goodput at twice the capacity of three nodes / their capacity',
      value: goodput / before,
      unit: 'x',
      atLeast: 0.95,
      aim: 0.98,
      better: 'more',
      detail: `${goodput.toFixed(0)}/s of ${before.toFixed(0)}/s; ${failed} were dropped or expired`,
    },
    {
      title: 'handlers begun for callers that had given up, meanwhile',
      value: after.late,
      unit: '',
      atLeast: 0,
      aim: 0,
      better: 'less',
      detail: `${after.ran - ranBefore.ran} runs, ${took.length} answers`,
    },
  ]
}

async function closedLoad(
  inFlight: number,
  lengthMs: number,
  one: (value: number) => Promise<unknown>,
): Promise<number> {
  const begun = performance.now()
  let done = 0
  const caller = async (): Promise<void> => {
    while (performance.now() - begun < lengthMs) {
      await one(done).then(
        () => done++,
        () => undefined,
      )
    }
  }
  await Promise.all(Array.from({ length: inFlight }, caller))
  return (done / (performance.now() - begun)) * 1000
}

/** Sends so many a second, whether they are answered or not; the times of those that were, in milliseconds. */
async function openLoad(
  perSecond: number,
  lengthMs: number,
  one: (value: number) => Promise<unknown>,
): Promise<{ took: number[]; failed: number; lastedMs: number }> {
  const took: number[] = []
  let failed = 0
  const all: Promise<void>[] = []
  const begun = performance.now()
  for (let sent = 0; performance.now() - begun < lengthMs;) {
    const due = ((performance.now() - begun) / 1000) * perSecond
    for (; sent < due; sent++) {
      const at = performance.now()
      all.push(
        one(sent).then(
          () => void took.push(performance.now() - at),
          () => void failed++,
        ),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  const lastedMs = performance.now() - begun
  await Promise.all(all)
  return { took, failed, lastedMs }
}

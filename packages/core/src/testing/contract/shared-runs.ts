import assert from 'node:assert/strict'
import type { Arbitrary, FastCheckModule } from '@genpool/broker/testing'
import { inspect } from '../../api/inspect'
import type { ExpiredError } from '@genpool/runtime'
import type { PoolOptions } from '../../assemble/options'
import { factsOf } from './contract-behaviour'
import { law, randomLaw, type WorkerLaw } from './worker-law'
import { errorOf, type Sent, valueOf, type WorkerRun } from './worker-run'

type Step =
  | {
      readonly op: 'work' | 'many'
      readonly ms: number
      readonly timeout: number
      readonly share: string | undefined
    }
  | { readonly op: 'abort'; readonly which: number }
  | { readonly op: 'pass'; readonly ms: number }

/** A caller, and what it has asked for. */
interface Caller {
  readonly sent: Sent
  readonly timeout: number
}

function steps(fc: FastCheckModule): Arbitrary<readonly Step[]> {
  const step: Arbitrary<Step> = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        op: fc.constantFrom('work' as const, 'work' as const, 'many' as const),
        ms: fc.constantFrom(0, 0, 1, 10, 40),
        timeout: fc.constantFrom(Infinity, 1, 10, 30, 60),
        share: fc.constantFrom('a', 'a', 'b', undefined),
      }),
    },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('abort' as const), which: fc.nat() }) },
    { weight: 6, arbitrary: fc.record({ op: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 15 }) }) },
  )
  return fc.array(step, { maxLength: 60 })
}

/** Nothing is dropped because it has too little time. */
const options: PoolOptions = { size: 2, broker: { budget: false } }

/** Whoever shares a run: each caller waits until its own deadline or abort, and no longer and no shorter. */
async function eachWaitsOnItsOwn(run: WorkerRun, plan: readonly Step[]): Promise<void> {
  const callers: Caller[] = []
  for (const step of plan) {
    if (step.op === 'pass') await run.pass(step.ms)
    else if (step.op === 'abort') callers[step.which % Math.max(1, callers.length)]?.sent.controller.abort()
    else {
      const { op, timeout, share } = step
      callers.push({ sent: run.send(op, step, share === undefined ? { timeout } : { timeout, share }), timeout })
    }
  }
  await run.settled()
  for (const caller of callers) isOfItsOwn(caller)
  await run.until(() => inspect(run.pool).members.busy === 0, 'no member has anything')
}

function isOfItsOwn({ sent, timeout }: Caller): void {
  if (sent.outcome !== undefined && 'value' in sent.outcome) return
  const error = errorOf(sent)
  if (sent.controller.signal.aborted && error.code === 'ERR_GENPOOL_CANCELLED') return
  assert.equal(error.code, 'ERR_GENPOOL_EXPIRED')
  const { waitedMs } = error as ExpiredError
  assert.ok(waitedMs >= timeout, `its time was ${timeout} ms, and it expired after ${waitedMs} ms`)
}

/** A first caller with little time, and a second one with much. On a machine that is too slow the first is gone by then: once more. */
async function secondIsAnswered(run: WorkerRun, type: 'work' | 'many', ms: number): Promise<void> {
  const first = run.send(type, { ms }, { share: 'x', timeout: 50 })
  await run.pass(5)
  const isLate = first.outcome !== undefined
  const second = run.send(type, { ms }, { share: 'x' })
  await run.settled()
  if (isLate) return secondIsAnswered(run, type, 100)
  assert.equal(errorOf(first).code, 'ERR_GENPOOL_EXPIRED')
  assert.equal(valueOf(second), first.id, 'the answer is that to the message of the first caller')
  const next = run.send('work', {}, { share: 'x' })
  await run.settled()
  assert.equal(valueOf(next), next.id)
}

/** Has members do something else first. They have done much before: then they may be given messages ahead. */
async function busy(run: WorkerRun, ms: number): Promise<void> {
  for (let i = 0; i < 20; i++) run.send('work', {})
  await run.settled()
  run.send('work', { ms })
  await run.pass(5)
}

/** Promises about runs that calls share: the deadline of one changes while a worker has it. */
export const sharedRuns: readonly WorkerLaw[] = [
  law('a run that calls share waits for the latest of their deadlines', { size: 1 }, async (run) => {
    await busy(run, 100)
    await secondIsAnswered(run, 'work', 0)
  }),
  law('a run that calls share runs until the latest of their deadlines', { size: 1 }, async (run) => {
    await secondIsAnswered(run, 'work', 100)
  }),
  law('a batch runs until the latest deadline of all that share its messages', { size: 1 }, async (run) => {
    await busy(run, 20)
    const other = run.send('many', { ms: 100 }, { timeout: 60 })
    await secondIsAnswered(run, 'many', 100)
    assert.equal(errorOf(other).code, 'ERR_GENPOOL_EXPIRED')
  }),
  law('a handler whose run calls share is told what the last of them is told', { size: 1 }, async (run) => {
    const obeying = run.send('obey', {}, { share: 'x', timeout: 50 })
    await run.until(() => inspect(run.pool).members.busy === 1, 'the message runs')
    const leaver = run.send('obey', {}, { share: 'x', timeout: 200 })
    const last = run.send('obey', {}, { share: 'x', timeout: 100 })
    await run.pass(5)
    leaver.controller.abort()
    await run.settled()
    const told = run.send('told', {})
    await run.settled()
    assert.equal(errorOf(obeying).code, 'ERR_GENPOOL_EXPIRED')
    assert.deepEqual(structuredClone(valueOf(told)), structuredClone(factsOf(errorOf(last))))
  }),
  randomLaw('each caller that shares a run waits on its own', steps, () => options, eachWaitsOnItsOwn),
]

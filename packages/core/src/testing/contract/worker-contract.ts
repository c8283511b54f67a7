import assert from 'node:assert/strict'
import type { Arbitrary, FastCheckModule } from '@genpool/broker/testing'
import { stop } from 'nact'
import { inspect } from '../../api/inspect'
import { drain, resize } from '../../api/operating'
import { factsOf } from './contract-behaviour'
import { sharedRuns } from './shared-runs'
import { law, randomLaw, sharedLaw, type WorkerLaw } from './worker-law'
import { answered, errorOf, type Sent, valueOf, type WorkerRun } from './worker-run'

type Step =
  | {
      readonly op: 'work'
      readonly ms: number
      readonly timeout: number
      readonly fails: boolean
      readonly halts: boolean
      readonly key: string | undefined
    }
  | { readonly op: 'many'; readonly ms: number; readonly timeout: number }
  | { readonly op: 'abort'; readonly which: number }
  | { readonly op: 'pass'; readonly ms: number }
  | { readonly op: 'resize'; readonly size: number }
  | { readonly op: 'kill' }

interface Plan {
  readonly size: number
  readonly steps: readonly Step[]
  readonly end: 'wait' | 'drain' | 'stop'
}

function plans(fc: FastCheckModule): Arbitrary<Plan> {
  const ms = fc.constantFrom(0, 0, 1, 5, 20)
  const timeout = fc.constantFrom(Infinity, Infinity, 1, 10, 50)
  const step: Arbitrary<Step> = fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        op: fc.constant('work' as const),
        ms,
        timeout,
        fails: fc.constantFrom(false, false, false, false, true),
        halts: fc.constantFrom(false, false, false, false, false, true),
        key: fc.constantFrom(undefined, undefined, 'a', 'b'),
      }),
    },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('many' as const), ms, timeout }) },
    { weight: 2, arbitrary: fc.record({ op: fc.constant('abort' as const), which: fc.nat() }) },
    { weight: 3, arbitrary: fc.record({ op: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 15 }) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('resize' as const), size: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ op: fc.constant('kill' as const) }) },
  )
  return fc.record({
    size: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { maxLength: 60 }),
    end: fc.constantFrom('wait' as const, 'drain' as const, 'stop' as const),
  })
}

async function perform(run: WorkerRun, step: Step): Promise<void> {
  switch (step.op) {
    case 'work':
      return void run.send('work', step, {
        timeout: step.timeout,
        ...(step.key === undefined ? {} : { key: step.key }),
      })
    case 'many':
      return void run.send('many', step, { timeout: step.timeout })
    case 'abort':
      return run.sent[step.which % Math.max(1, run.sent.length)]?.controller.abort()
    case 'pass':
      return run.pass(step.ms)
    case 'resize':
      return resize(run.pool, step.size)
    case 'kill':
      return void run.kill()
  }
}

/** Whatever happens: what was answered has committed once, and what failed has not. */
async function outcomesAreTrue(run: WorkerRun, { steps, end }: Plan): Promise<void> {
  const batches = new Set<number>()
  const keys = new Map<string, number[]>()
  for (const step of steps) {
    const id = run.sent.length
    await perform(run, step)
    if (step.op === 'many') batches.add(id)
    if (step.op === 'work' && step.key !== undefined) keys.set(step.key, [...(keys.get(step.key) ?? []), id])
  }
  if (end === 'drain') await drains(run)
  if (end === 'stop') stop(run.pool)
  await run.settled()
  const { state } = run
  const replied = answered(run.sent)
  const committedOnce = [...state.ids].sort(ascending)
  const isExact = (id: number): boolean => replied.includes(id) || !run.isolated || !mayHaveCommitted(run.sent[id])
  assert.deepEqual(
    committedOnce.filter(isExact),
    replied.filter((id) => !batches.has(id)),
    'exactly what was answered has committed, and once',
  )
  assert.equal(new Set(state.batched).size, state.batched.length, 'a message of a batch has committed twice')
  const committed = new Set(state.batched)
  for (const id of replied)
    if (batches.has(id)) assert.ok(committed.has(id), `${id} was answered and has not committed`)
  for (const ids of keys.values()) {
    const inOrder = [...state.ids].filter((id) => ids.includes(id))
    assert.deepEqual(inOrder, [...inOrder].sort(ascending), 'messages of one key committed in another order')
  }
  for (const sent of run.sent) if (!replied.includes(sent.id)) errorOf(sent)
}

/** Drains the pool, while time passes. */
async function drains(run: WorkerRun): Promise<void> {
  let drained = false
  const draining = drain(run.pool).then(() => (drained = true))
  await run.until(() => drained, 'the pool has drained')
  await draining
}

/** `obey` sends a message whose caller gives up, while its handler waits. A worker that is not so far yet is asked again. */
async function tellsTheSame(run: WorkerRun, obey: () => Promise<Sent>): Promise<void> {
  for (;;) {
    const obeying = await obey()
    const told = run.send('told', {})
    await run.settled()
    const error = errorOf(obeying)
    if ((error as { started?: boolean }).started === false || valueOf(told) === null) continue
    // Both of one realm: a test runner may have one of its own.
    return assert.deepEqual(structuredClone(valueOf(told)), structuredClone(factsOf(error)))
  }
}

/** A state that goes with its worker may hold what was not answered before the worker went. */
function mayHaveCommitted(sent: Sent | undefined): boolean {
  if (sent === undefined || sent.outcome === undefined) return false
  return ['ERR_GENPOOL_CRASHED', 'ERR_GENPOOL_STOPPED'].includes(errorOf(sent).code)
}

function ascending(a: number, b: number): number {
  return a - b
}

/** What all workers promise, whether they run in this thread or elsewhere. */
export const workerContract: readonly WorkerLaw[] = [
  randomLaw(
    'what was answered has committed once, and what failed has not',
    plans,
    ({ size }) => ({ size }),
    outcomesAreTrue,
  ),
  law('a worker runs what it is given in order', { size: 1 }, async (run) => {
    for (let i = 0; i < 30; i++) run.send('work', { ms: i % 3 })
    await run.settled()
    assert.deepEqual(
      run.state.ids,
      run.sent.map(({ id }) => id),
    )
    for (const sent of run.sent) assert.equal(valueOf(sent), sent.id)
  }),
  sharedLaw('no commit is lost, and an answer from the committed state is exact', { size: 4 }, async (run) => {
    for (let i = 0; i < 40; i++) run.send('add', { ms: i % 4 })
    await run.settled()
    assert.equal(run.state.count, 40)
    assert.deepEqual(
      run.sent.map(valueOf).sort((a, b) => Number(a) - Number(b)),
      [...Array(40).keys()].map((i) => i + 1),
    )
  }),
  sharedLaw('a next state that was made from an old one is made again', { size: 4 }, async (run) => {
    for (let i = 0; i < 40; i++) run.send('next', { ms: i % 4 })
    await run.settled()
    run.sent.forEach(valueOf)
    assert.equal(run.state.count, 40)
  }),
  law('a handler that throws fails its own message, with what it threw as the cause', { size: 1 }, async (run) => {
    const before = run.send('work', {})
    const failing = [run.send('work', { fails: true }), run.send('work', { ms: 1, fails: true })]
    const after = run.send('work', {})
    await run.settled()
    for (const sent of failing) {
      const error = errorOf(sent)
      assert.equal(error.code, 'ERR_GENPOOL_CRASHED')
      assert.match(String((error.cause as Error).message), new RegExp(`message ${sent.id} failed`))
    }
    assert.deepEqual([before, after].map(valueOf), [before.id, after.id])
    assert.deepEqual(run.state.ids, [before.id, after.id])
  }),
  law(
    'a handler that ends its member is answered, and what comes later runs in the next one',
    { size: 1 },
    async (run) => {
      for (let i = 0; i < 3; i++) {
        run.send('work', { halts: true, ms: i })
        await run.settled()
        if (i > 0) await run.pass(i)
        run.send('work', {})
        await run.settled()
      }
      const ids = run.sent.map(({ id }) => id)
      assert.deepEqual(run.sent.map(valueOf), ids)
      assert.deepEqual(run.state.ids, ids)
    },
  ),
  law('what has not begun when its caller gives up never runs', { size: 1 }, async (run) => {
    const long = run.send('work', { ms: 50 })
    await run.until(() => inspect(run.pool).members.busy === 1, 'the first message runs')
    const aborted = Array.from({ length: 5 }, () => run.send('work', {}))
    const expiring = Array.from({ length: 5 }, () => run.send('work', {}, { timeout: 5 }))
    const last = run.send('work', {})
    for (const { controller } of aborted) controller.abort()
    await run.settled()
    for (const sent of [...aborted, ...expiring]) assert.equal((errorOf(sent) as { started?: boolean }).started, false)
    assert.deepEqual(run.state.ids, [long.id, last.id])
  }),
  law('what runs when its caller gives up does not commit, and the worker goes on', { size: 1 }, async (run) => {
    const slow = run.send('work', { ms: 30 }, { timeout: 10 })
    const next = run.send('work', {})
    await run.settled()
    assert.equal(errorOf(slow).code, 'ERR_GENPOOL_EXPIRED')
    assert.deepEqual(run.state.ids, [next.id])
  }),
  law('a handler is told that its caller has given up', { size: 1 }, async (run) => {
    const obeying = run.send('obey', {})
    await run.until(() => inspect(run.pool).members.busy === 1, 'the message runs')
    await run.pass(5)
    obeying.controller.abort()
    const next = run.send('work', {})
    await run.settled()
    assert.equal(errorOf(obeying).code, 'ERR_GENPOOL_CANCELLED')
    assert.equal(valueOf(next), next.id)
  }),
  law('a handler is told what its caller is told: that it aborted, and why', { size: 1 }, async (run) => {
    await tellsTheSame(run, async () => {
      const sent = run.send('obey', {})
      await run.pass(10)
      sent.controller.abort(new RangeError('no longer needed'))
      return sent
    })
  }),
  law('a handler is told what its caller is told: that the deadline passed', { size: 1 }, async (run) => {
    await tellsTheSame(run, async () => run.send('obey', {}, { timeout: 50 }))
  }),
  law('each message of a batch gets its own answer', { size: 1 }, async (run) => {
    run.send('work', { ms: 5 })
    const batch = Array.from({ length: 6 }, () => run.send('many', { ms: 1 }))
    await run.settled()
    assert.deepEqual(
      batch.map(valueOf),
      batch.map(({ id }) => id),
    )
    assert.deepEqual(
      run.state.batched,
      batch.map(({ id }) => id),
    )
  }),
  law('drain finishes what was sent before, and ends', { size: 2 }, async (run) => {
    for (let i = 0; i < 10; i++) run.send('work', { ms: 5 })
    await drains(run)
    await run.settled()
    for (const sent of run.sent) assert.equal(valueOf(sent), sent.id)
  }),
  law('stop tells all callers, at once', { size: 2 }, async (run) => {
    for (let i = 0; i < 10; i++) run.send('work', { ms: 1000 })
    await run.pass(5)
    stop(run.pool)
    await run.pass(0)
    for (const sent of run.sent) assert.equal(errorOf(sent).code, 'ERR_GENPOOL_STOPPED')
  }),
  law('when a worker dies, what it ran fails, and all else runs elsewhere', { size: 1 }, async (run) => {
    const first = run.send('work', { ms: run.canKill ? 60_000 : 2_000 })
    const others = Array.from({ length: 5 }, () => run.send('work', {}))
    await run.until(() => inspect(run.pool).members.busy === 1, 'the first message is given to a worker')
    await run.pass(5)
    if (run.canKill) await run.until(() => run.kill(), 'a worker has begun the first message')
    await run.settled()
    if (run.canKill) assert.equal(errorOf(first).code, 'ERR_GENPOOL_CRASHED')
    assert.deepEqual(
      others.map(valueOf),
      others.map(({ id }) => id),
    )
  }),
  law('members are idle again when all is done', { size: 3 }, async (run) => {
    for (let i = 0; i < 20; i++) run.send('work', { ms: i % 3, fails: i % 7 === 3 })
    await run.settled()
    const { members } = inspect(run.pool)
    await run.until(() => inspect(run.pool).members.idle === 3, `three idle members, not ${JSON.stringify(members)}`)
  }),
  ...sharedRuns,
]

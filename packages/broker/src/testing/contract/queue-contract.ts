import assert from 'node:assert/strict'
import { type Law, law, refuses } from './law'
import { Probe, type QueuePlan, queuePlans, QueueRun, type QueueSubject } from './queue-run'

function queueLaw(
  name: string,
  holds: (run: QueueRun, plan: QueuePlan, subject: QueueSubject) => void,
): Law<QueueSubject> {
  return law(name, queuePlans, (subject, plan) => holds(new QueueRun(subject, plan), plan, subject))
}

function playAll(run: QueueRun, plan: QueuePlan, afterEach: () => void = () => undefined): void {
  afterEach()
  for (const step of plan.steps) {
    run.play(step)
    afterEach()
  }
}

/**
 * The laws of every queue. Run them on your own queue.
 *
 * @example
 * import fc from 'fast-check'
 * describe('my queue', () => {
 *   const subject: QueueSubject = { create: (now, items) => new MyQueue(now, items), reconfigurations: [{ max: 3 }] }
 *   it.each(queueContract.map((law) => [law.name, law] as const))('%s', (_, law) => law.check(subject, { fc }))
 * })
 */
export const queueContract: readonly Law<QueueSubject>[] = [
  queueLaw('every request is served once, dropped once, removed once, or still waiting', (run, plan) => {
    playAll(run, plan)
    const here = [...run.queue]
    assert.deepEqual(ids(here), ids(run.waiting), 'the wrong requests are waiting')
    for (const probe of here) assert.notEqual(probe.list, null, 'a waiting request has no list')
    for (const probe of run.gone.keys()) assert.equal(probe.list, null, 'a request that is gone still has a list')
  }),
  queueLaw('the length is the number of waiting requests, and never above max', (run, plan) => {
    playAll(run, plan, () => {
      assert.equal(run.queue.length, run.waiting.length)
      assert.ok(run.queue.length <= run.queue.max, `${run.queue.length} wait, and ${run.queue.max} may`)
    })
  }),
  queueLaw('oldest is the send time of a waiting request, or null if none waits', (run, plan) => {
    playAll(run, plan, () => {
      const times = run.waiting.map((probe) => probe.sentAt)
      const oldest = run.queue.oldest()
      assert.ok(oldest === null ? times.length === 0 : times.includes(oldest))
    })
  }),
  law(
    'until wakeAt nothing is due: an earlier timeout drops nothing',
    (fc) => fc.tuple(queuePlans(fc), fc.double({ min: 0, max: 0.999, noNaN: true })),
    (subject: QueueSubject, [plan, share]) => {
      const run = new QueueRun(subject, plan)
      playAll(run, plan)
      run.queue.timeout(run.now)
      run.noteDrops()
      const { wakeAt } = run.queue.decision
      assert.ok(wakeAt === null || wakeAt > run.now, 'wakeAt is not in the future right after a call')
      const span = wakeAt === null ? 1e13 : wakeAt - run.now
      run.queue.timeout(run.now + Math.floor(span * share))
      assert.deepEqual(run.queue.decision.dropped, [], `dropped before ${wakeAt}`)
    },
  ),
  queueLaw('a queue is empty after enough calls of dequeue', (run, plan) => {
    playAll(run, plan)
    const served = new Set<unknown>()
    for (let left = run.queue.length + 1; left > 0; left--) {
      const probe = run.queue.dequeue(run.now)
      run.noteDrops()
      if (probe === null) break
      run.note(probe, 'served')
      served.add(probe)
    }
    const heldBack = run.waiting.filter((probe) => probe.key !== undefined)
    assert.deepEqual(ids(run.waiting), ids(heldBack), 'requests are left although dequeue returned null')
  }),
  queueLaw('enqueuing a waiting request again fails and changes nothing', (run, plan) => {
    playAll(run, plan)
    const [probe] = run.waiting
    if (probe === undefined) return
    refuses(() => run.queue.enqueue(probe, run.now))
    assert.deepEqual(ids(run.queue), ids(run.waiting))
  }),
  queueLaw('removing a request that is not queued, or cancelling an unknown tag, changes nothing', (run, plan) => {
    playAll(run, plan)
    assert.equal(run.queue.remove(new Probe(-1, run.now, 0), run.now), false)
    run.noteDrops()
    assert.equal(run.queue.cancel('unknown', run.now), 0)
    run.noteDrops()
    assert.equal(run.queue.cancel(undefined, run.now), 0)
    run.noteDrops()
    assert.deepEqual(ids(run.queue), ids(run.waiting))
  }),
  queueLaw('drain returns every request, and another queue can take them over', (run, plan, subject) => {
    playAll(run, plan)
    const waited = run.waiting
    const handed = run.queue.drain()
    assert.deepEqual(ids(handed), ids(waited))
    assert.equal(run.queue.length, 0)
    assert.equal(run.queue.dequeue(run.now), null)
    const next = subject.create(run.now, handed)
    const dropped = next.decision.dropped.map((drop) => drop.entry)
    assert.deepEqual(ids([...next, ...dropped]), ids(waited))
  }),
]

function ids(probes: Iterable<Probe>): number[] {
  return [...probes].map((probe) => probe.id).sort((a, b) => a - b)
}

import { NS_PER_MS } from '@genpool/runtime'
import fc from 'fast-check'
import { type Pull, Pulls, STAY_MS } from '../../src/durable/pulls'

const LANES = 3

/** A server with lanes: it answers requests as JetStream does. Of a lane of keys one cast is in hand at a time, by anybody. */
class Model {
  readonly pulls = new Pulls(LANES)
  readonly waiting = Array.from({ length: LANES + 1 }, () => 0)
  readonly running: number[] = []
  /** Lanes of keys whose cast somebody else has. */
  readonly elsewhere = new Set<number>()
  stay: Pull[] = []
  now = 0
  tooMany = 0

  constructor(readonly size: number) {}

  get room(): number {
    return this.size - this.running.length
  }

  plan(): void {
    const { cancel, pulls } = this.pulls.plan(this.room, this.now)
    if (cancel) this.stay = []
    for (const pull of pulls) this.stay.push({ ...pull })
    this.serve()
  }

  isFree(lane: number): boolean {
    return this.waiting[lane]! > 0 && (lane === 0 || !(this.running.includes(lane) || this.elsewhere.has(lane)))
  }

  serve(): void {
    const open = this.stay
    this.stay = []
    for (const pull of open) {
      let { batch } = pull
      for (; batch > 0 && this.isFree(pull.lane); batch--) this.#deliver(pull.lane)
      const isBlocked = pull.lane !== 0 && this.waiting[pull.lane]! > 0
      if (batch > 0 && !pull.stays && !isBlocked) this.pulls.ended(pull.lane, batch, this.now)
      else if (batch > 0) this.stay.push({ ...pull, batch })
    }
  }

  finish(at: number): void {
    const [lane] = this.running.splice(at % this.running.length, 1)
    this.pulls.finished(lane!)
  }

  /** Plans until nothing more happens now. */
  settle(): void {
    for (let i = 0; i < 20; i++) this.plan()
  }

  #deliver(lane: number): void {
    this.pulls.got(lane, this.now)
    this.waiting[lane]!--
    if (this.room <= 0) {
      // Given back at once.
      this.tooMany++
      this.waiting[lane]!++
      this.pulls.finished(lane)
      if (lane !== 0) this.elsewhere.add(lane)
      return
    }
    this.running.push(lane)
  }
}

describe('requests for casts', () => {
  it('are as many as members are idle, and wait at the server when there is nothing', () => {
    const pulls = new Pulls(2)
    const { pulls: asks } = pulls.plan(6, 0)
    expect(asks).toEqual([
      { lane: 1, batch: 1, stays: false },
      { lane: 2, batch: 1, stays: false },
      { lane: 0, batch: 4, stays: false },
    ])
    expect(pulls.plan(6, 1).pulls).toEqual([])
    for (const { lane, batch } of asks) pulls.ended(lane, batch, 2)
    expect(pulls.plan(6, 3).pulls).toEqual([
      { lane: 0, batch: 6, stays: true },
      { lane: 1, batch: 1, stays: true },
      { lane: 2, batch: 1, stays: true },
    ])
    pulls.got(0, 4)
    // Few large requests: what is asked for already comes first.
    expect(pulls.plan(6, 4).pulls).toEqual([])
    pulls.got(0, 4)
    pulls.got(0, 4)
    expect(pulls.plan(6, 4).pulls).toEqual([{ lane: 0, batch: 3, stays: true }])
  })

  it('end when no member is idle any more', () => {
    const model = new Model(2)
    model.settle()
    expect(model.pulls.open).toBe(2 + LANES)
    model.waiting[0] = 2
    model.serve()
    model.plan()
    expect(model.pulls.open).toBe(0)
    expect(model.stay).toEqual([])
  })

  it('leave casts without a key to others for a while, and end at the server before the next time', () => {
    const pulls = new Pulls(1)
    const aside = { mayAsk: false, changesInMs: 200 }
    const first = pulls.plan(4, 0, aside)
    expect(first).toMatchObject({ pulls: [{ lane: 1, batch: 1, stays: false }], wakeAt: 20 * NS_PER_MS + 1 })
    pulls.ended(1, 1, NS_PER_MS)
    expect(pulls.plan(4, NS_PER_MS, aside)).toMatchObject({ pulls: [{ lane: 1, batch: 1, stays: true }] })
    expect(pulls.plan(4, 2 * NS_PER_MS, aside)).toMatchObject({ pulls: [], wakeAt: 202 * NS_PER_MS })
    const open = { mayAsk: true, changesInMs: 800 }
    const [asked] = pulls.plan(4, 200 * NS_PER_MS, open).pulls
    expect(asked).toEqual({ lane: 0, batch: 4, stays: false })
    pulls.ended(0, 4, 201 * NS_PER_MS)
    expect(pulls.plan(4, 202 * NS_PER_MS, open).pulls).toEqual([{ lane: 0, batch: 4, stays: true, staysMs: 800 }])
    pulls.ended(0, 4, 995 * NS_PER_MS)
    expect(pulls.plan(4, 995 * NS_PER_MS, { mayAsk: true, changesInMs: 5 }).pulls).toEqual([])
  })

  it('are made anew when nothing is heard of them', () => {
    const pulls = new Pulls(1)
    pulls.plan(2, 0)
    expect(pulls.plan(2, 2000 * NS_PER_MS).silent).toBe(false)
    expect(pulls.plan(2, 3001 * NS_PER_MS).silent).toBe(true)
    const waiting = new Pulls(1)
    for (const { lane, batch } of waiting.plan(2, 0).pulls) waiting.ended(lane, batch, 0)
    expect(waiting.plan(2, 1).pulls).toMatchObject([{ stays: true }, { stays: true }])
    expect(waiting.plan(2, STAY_MS * NS_PER_MS).silent).toBe(false)
    expect(waiting.plan(2, (STAY_MS + 3001) * NS_PER_MS).silent).toBe(true)
    expect(waiting.open).toBe(0)
  })

  it('a lane of keys that is in hand elsewhere holds no member back', () => {
    const model = new Model(1)
    model.waiting.fill(5)
    for (let lane = 1; lane <= LANES; lane++) model.elsewhere.add(lane)
    for (let i = 0; i < 10 && model.running.length === 0; i++) {
      model.now += 21 * NS_PER_MS
      model.plan()
    }
    expect(model.running).toEqual([0])
  })

  it('a lane of keys that is left to others is asked again in time', () => {
    const pulls = new Pulls(2)
    pulls.leave(1, 500 * NS_PER_MS)
    const asked = (now: number): number[] => pulls.plan(9, now).pulls.map(({ lane }) => lane)
    expect(asked(0)).toEqual([2, 0])
    for (const lane of [0, 2]) pulls.ended(lane, 9, 1)
    const { pulls: stays, wakeAt } = pulls.plan(9, 2)
    expect(stays.map(({ lane }) => lane)).toEqual([0, 2])
    expect(wakeAt).toBe(500 * NS_PER_MS)
    expect(asked(500 * NS_PER_MS - 1)).toEqual([])
    expect(asked(500 * NS_PER_MS)).toEqual([1])
  })

  it('each lane that has something gets its turn, however full the others are', () => {
    const model = new Model(2)
    model.waiting.fill(1000)
    const served = new Map<number, number>()
    for (let i = 0; i < 400; i++) {
      model.now += NS_PER_MS
      model.settle()
      for (const lane of model.running) served.set(lane, (served.get(lane) ?? 0) + 1)
      while (model.running.length > 0) model.finish(0)
    }
    for (let lane = 0; lane <= LANES; lane++) expect(served.get(lane)).toBeGreaterThan(80)
  })

  it('law: whatever comes and ends, all casts are taken, and none too many while there is a backlog', () => {
    const step = fc.oneof(
      fc.record({
        do: fc.constant('cast' as const),
        lane: fc.nat({ max: LANES }),
        count: fc.integer({ min: 1, max: 9 }),
      }),
      fc.record({ do: fc.constant('finish' as const), at: fc.nat() }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 10, 25, 60) }),
      fc.record({ do: fc.constant('elsewhere' as const), lane: fc.integer({ min: 1, max: LANES }) }),
      fc.record({
        do: fc.constant('leave' as const),
        lane: fc.integer({ min: 1, max: LANES }),
        ms: fc.constantFrom(1, 30, 500),
      }),
    )
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 60 }), (size, steps) => {
        const model = new Model(size)
        for (const each of steps) {
          if (each.do === 'cast') model.waiting[each.lane]! += each.count
          if (each.do === 'finish' && model.running.length > 0) model.finish(each.at)
          if (each.do === 'wait') model.now += each.ms * NS_PER_MS
          if (each.do === 'leave') model.pulls.leave(each.lane, model.now + each.ms * NS_PER_MS)
          if (each.do === 'elsewhere' && !model.running.includes(each.lane)) {
            if (!model.elsewhere.delete(each.lane)) model.elsewhere.add(each.lane)
          }
          model.serve()
          model.plan()
          expect(model.running.length).toBeLessThanOrEqual(size)
        }
        // A burst brings too many only once for each lane that had a request waiting.
        model.elsewhere.clear()
        for (let i = 0; i < 2000 && (model.waiting.some((n) => n > 0) || model.running.length > 0); i++) {
          model.now += 5 * NS_PER_MS
          model.serve()
          model.plan()
          model.elsewhere.clear()
          if (model.running.length > 0) model.finish(i)
        }
        expect(model.waiting).toEqual([0, 0, 0, 0])
      }),
    )
  })
})

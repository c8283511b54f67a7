import { CrashedError, type GenPoolError } from '@genpool/core'
import fc from 'fast-check'
import {
  type Failure,
  NO_TRIES,
  endingOf,
  openingOf,
  uncountedOf,
  withFailure,
  withLost,
  withStop,
} from '../../src/durable/attempts'

const rules = { maxDeliver: 3, backoff: { initial: 100, factor: 2, max: 500 } }
const failure = (attempt: number): Failure => ({ attempt, at: new Date(0), code: 'C', reason: 'r', consumer: 'c' })
const open = (deliveries: number, facts: object = {}) => openingOf({ deliveries, tries: NO_TRIES, ...facts }, rules)
const crash = Object.assign(Object.create(CrashedError.prototype), { code: 'ERR_GENPOOL_CRASHED' }) as GenPoolError

describe('a delivery', () => {
  it('counts as an attempt, unless it was given back', () => {
    expect(open(1)).toMatchObject({ kind: 'run', attempt: 1, isLast: false })
    expect(open(2)).toMatchObject({ kind: 'run', attempt: 2, isLast: false })
    expect(open(5, { tries: { returned: 3, failures: [] } })).toMatchObject({ kind: 'run', attempt: 2 })
  })

  it('is dead when all attempts ended without a word, and the last one is known to have begun', () => {
    expect(open(3)).toMatchObject({ kind: 'run', attempt: 3, isLast: true })
    expect(open(7)).toMatchObject({ kind: 'run', attempt: 3, isLast: true })
    expect(open(7, { tries: { ...NO_TRIES, noted: 3 } })).toEqual({ kind: 'dead', attempts: 3 })
  })

  it('may be what its process ended of, if nobody told of the attempt before', () => {
    expect(open(2)).toMatchObject({ isSuspect: true })
    expect(open(3, { tries: { returned: 0, failures: [failure(1), failure(2)] } })).toMatchObject({ isSuspect: false })
    expect(open(3, { tries: { returned: 0, failures: [failure(1)] } })).toMatchObject({ isSuspect: true })
    expect(open(1)).toMatchObject({ isSuspect: false })
  })

  it('may be so also if a later attempt failed by itself', () => {
    const tries = withFailure(NO_TRIES, failure(2))
    expect(open(3, { tries })).toMatchObject({ attempt: 3, isLast: true, isSuspect: true })
  })

  it('that a restarted server may have forgotten is the second one, and one more is made', () => {
    const inDoubt = open(1, { mayBeForgotten: true })
    expect(inDoubt).toMatchObject({ kind: 'run', attempt: 2, isNoted: true, isLast: false, isUnsure: true })
    const noted = { ...NO_TRIES, noted: 2, isUnsure: true }
    expect(open(1, { mayBeForgotten: true, tries: noted })).toMatchObject({
      attempt: 3,
      isLast: false,
      isSuspect: true,
    })
    const failed = withFailure(noted, failure(2))
    expect(failed.failures.map(({ reason }) => reason)).toEqual([expect.stringContaining('server was restarted'), 'r'])
    expect(open(2, { tries: failed })).toMatchObject({ attempt: 3, isLast: false, isSuspect: false, isUnsure: true })
    const twice = withFailure(failed, failure(3))
    expect(open(3, { tries: twice })).toMatchObject({ attempt: 4, isLast: true })
    expect(open(4, { tries: { ...twice, noted: 4 } })).toEqual({ kind: 'dead', attempts: 4 })
  })

  it('of a restarted server may have reached nobody, so only what is written down has begun', () => {
    const first = (deliveries: number, maxDeliver: number) =>
      openingOf({ deliveries, tries: NO_TRIES, mayBeForgotten: true }, { ...rules, maxDeliver })
    expect(first(2, 1)).toMatchObject({ kind: 'run', attempt: 2, isNoted: true, isLast: true, isUnsure: true })
    expect(first(4, 3)).toMatchObject({ kind: 'run', attempt: 2, isNoted: true, isLast: false, isUnsure: true })
    const noted = { ...NO_TRIES, noted: 2, isUnsure: true }
    expect(open(5, { mayBeForgotten: true, tries: noted })).toMatchObject({ kind: 'run', attempt: 3, isLast: false })
    const once = openingOf({ deliveries: 3, tries: noted, mayBeForgotten: true }, { ...rules, maxDeliver: 1 })
    expect(once).toEqual({ kind: 'dead', attempts: 2 })
    // What ends its process each time, and cannot be written down, does not go on for ever.
    expect(first(50, 3)).toMatchObject({ kind: 'run', attempt: 3 })
  })

  it('law: a cast that fails each time has all its attempts, whatever restarted servers lose on the way', () => {
    const lost = fc.array(fc.nat(2), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), lost, (maxDeliver, losses) => {
        let [tries, deliveries, runs, mayBeForgotten] = [NO_TRIES, 0, 0, false]
        for (const loss of losses) {
          mayBeForgotten ||= loss > 0
          deliveries += loss + 1
          const opening = openingOf({ deliveries, tries, mayBeForgotten }, { ...rules, maxDeliver })
          if (opening.kind !== 'run') throw new Error('it is dead without a run')
          const { attempt, isUnsure } = opening
          runs++
          tries = { ...tries, ...(opening.isNoted ? { noted: attempt } : {}), isUnsure }
          const uncounted = uncountedOf(tries)
          const ending = endingOf({ error: crash, runs: 1, attempt, uncounted }, { ...rules, maxDeliver })
          if (ending.kind === 'dead') break
          tries = withFailure(tries, failure(attempt))
        }
        expect(runs).toBe(maxDeliver)
      }),
    )
  })

  it('law: a cast that fails each time has all its attempts, and no more, also if a server forgets deliveries', () => {
    const lives = fc.array(fc.boolean(), { minLength: 8, maxLength: 8 })
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), lives, (maxDeliver, forgets) => {
        let [tries, deliveries, runs, last] = [NO_TRIES, 0, 0, 0]
        for (const mayBeForgotten of forgets) {
          deliveries = mayBeForgotten ? 1 : deliveries + 1
          const opening = openingOf({ deliveries, tries, mayBeForgotten }, { ...rules, maxDeliver })
          if (opening.kind !== 'run') throw new Error('it is dead without a word')
          const { attempt, isUnsure } = opening
          expect(attempt).toBeGreaterThan(last)
          last = attempt
          runs++
          tries = { ...tries, ...(opening.isNoted ? { noted: attempt } : {}), isUnsure }
          const ending = endingOf(
            { error: crash, runs: 1, attempt, uncounted: uncountedOf(tries) },
            { ...rules, maxDeliver },
          )
          if (ending.kind === 'dead') break
          tries = withFailure(tries, failure(attempt))
        }
        expect(runs).toBe(maxDeliver)
      }),
    )
  })

  it('may be one more for each attempt that ended with a stop of its consumer', () => {
    const tries = withStop(withStop(NO_TRIES, failure(1)), failure(2))
    expect(open(3, { tries })).toMatchObject({ kind: 'run', attempt: 3, isLast: false, isSuspect: false })
    expect(open(5, { tries })).toMatchObject({ kind: 'run', attempt: 5, isLast: true })
    expect(open(6, { tries: { ...tries, noted: 5 } })).toEqual({ kind: 'dead', attempts: 5 })
    // A server that forgets deliveries makes no attempt twice.
    expect(open(1, { tries })).toMatchObject({ kind: 'run', attempt: 3 })
    const once = { ...rules, maxDeliver: 1 }
    const again = openingOf({ deliveries: 3, tries }, once)
    expect(again).toMatchObject({ kind: 'run', attempt: 3, isLast: true, isNoted: true })
  })

  it('of a cast that has one attempt is that attempt, of which nothing is written down', () => {
    const once = (deliveries: number) => openingOf({ deliveries, tries: NO_TRIES }, { ...rules, maxDeliver: 1 })
    expect(once(1)).toMatchObject({ kind: 'run', attempt: 1, isLast: false })
    expect(once(2)).toEqual({ kind: 'dead', attempts: 1 })
  })
})

describe('deliveries of which nobody tells', () => {
  const returned = (deliveries: number, sinceMs: number, tries = NO_TRIES): number =>
    withLost(tries, { deliveries, sinceMs, ackWaitMs: 10_000 }).returned

  it('have reached nobody, as far as no process can have ended with them in so short a time', () => {
    expect([1, 2, 5].map((deliveries) => returned(deliveries, 5))).toEqual([0, 1, 4])
    expect([1, 2, 5].map((deliveries) => returned(deliveries, 9600))).toEqual([0, 0, 3])
    expect(returned(5, 25_000)).toBe(2)
    expect(returned(5, 1e9)).toBe(0)
    // The clock of the server is only known about.
    expect(returned(3, -50)).toBe(2)
  })

  it('are those that no failure, no note and no word of a consumer explains', () => {
    expect(returned(3, 5, { returned: 2, failures: [] })).toBe(2)
    expect(returned(3, 5, { returned: 0, failures: [failure(1), failure(2)] })).toBe(0)
    expect(returned(3, 5, { returned: 0, failures: [failure(1)], noted: 2 })).toBe(0)
    expect(returned(4, 5, { returned: 1, failures: [failure(1)] })).toBe(2)
  })

  it('cost the only attempt of a cast nothing: it runs', () => {
    const tries = withLost(NO_TRIES, { deliveries: 2, sinceMs: 4, ackWaitMs: 30_000 })
    const facts = { deliveries: 2, tries }
    expect(openingOf(facts, { ...rules, maxDeliver: 1 })).toMatchObject({ kind: 'run', attempt: 1 })
  })

  it('law: what ends its process each time is dead in time, whatever is lost between', () => {
    const ackWaitMs = 1000
    const lost = fc.array(fc.nat(3), { minLength: 10, maxLength: 10 })
    const late = fc.array(fc.nat(3000), { minLength: 10, maxLength: 10 })
    fc.assert(
      fc.property(lost, late, fc.constantFrom(2, 3, 4), (lost, late, maxDeliver) => {
        let [tries, deliveries, now, runs] = [NO_TRIES, 0, 0, 0]
        for (let i = 0; i < 10; i++) {
          deliveries += lost[i]! + 1
          tries = withLost(tries, { deliveries, sinceMs: now, ackWaitMs })
          const opening = openingOf({ deliveries, tries }, { ...rules, maxDeliver })
          if (opening.kind !== 'run') break
          runs++
          expect(opening.attempt).toBeGreaterThanOrEqual(runs)
          // Only what is written down before the attempt outlives the process.
          tries = opening.isNoted ? { ...tries, noted: opening.attempt } : NO_TRIES
          now += ackWaitMs + late[i]!
        }
        expect(runs).toBeGreaterThan(0)
        expect(runs).toBeLessThanOrEqual(maxDeliver)
      }),
    )
  })
})

describe('the history', () => {
  it('has what failed, and says so of attempts of which nobody told', () => {
    const tries = withFailure(withFailure(NO_TRIES, failure(1)), failure(4))
    expect(tries.failures.map(({ attempt, code }) => `${attempt} ${code}`)).toEqual([
      '1 C',
      '2 ERR_GENPOOL_UNREACHABLE',
      '3 ERR_GENPOOL_UNREACHABLE',
      '4 C',
    ])
  })

  it('law: attempts only grow, and end, whatever a killed server forgets of the last delivery', () => {
    const how = fc.constantFrom('fail', 'stop', 'kill', 'kill the server', 'return', 'kill before it begins')
    fc.assert(
      fc.property(fc.array(how, { maxLength: 20 }), fc.constantFrom(1, 2, 3), (ends, maxDeliver) => {
        let tries = NO_TRIES
        let [deliveries, last, mayBeForgotten] = [0, 0, false]
        for (const how of ends) {
          deliveries++
          const facts = { deliveries, tries, mayBeForgotten }
          const opening = openingOf(facts, { ...rules, maxDeliver })
          if (opening.kind !== 'run') {
            expect(opening).toEqual({
              kind: 'dead',
              attempts: maxDeliver === 1 ? expect.any(Number) : maxDeliver + uncountedOf(tries),
            })
            return
          }
          const { attempt, isNoted, isUnsure } = opening
          if (how === 'return') tries = { ...tries, returned: tries.returned + 1 }
          if (how === 'return' || how === 'kill before it begins') continue
          expect(attempt).toBeGreaterThan(last)
          expect(attempt).toBeLessThanOrEqual(maxDeliver + uncountedOf({ ...tries, isUnsure }))
          last = attempt
          if (isNoted) tries = { ...tries, noted: attempt, isUnsure }
          if (how === 'fail') tries = withFailure(tries, failure(attempt))
          if (how === 'stop') tries = withStop(tries, failure(attempt))
          if (how !== 'kill the server') continue
          mayBeForgotten = true
          deliveries--
        }
      }),
    )
  })

  it('law: attempts only grow, and end; only who has begun its last one is dead', () => {
    const how = fc.constantFrom('fail', 'stop', 'kill', 'return', 'kill before it begins')
    fc.assert(
      fc.property(fc.array(how, { maxLength: 20 }), (ends) => {
        let tries = NO_TRIES
        let [last, begun, stops] = [0, 0, 0]
        for (const [i, how] of ends.entries()) {
          const opening = open(i + 1, { tries })
          if (opening.kind !== 'run') {
            expect(opening).toEqual({ kind: 'dead', attempts: 3 + stops })
            return expect(last).toBe(3 + stops)
          }
          const { attempt, isLast } = opening
          expect(attempt).toBeGreaterThan(last)
          if (how === 'return') tries = { ...tries, returned: tries.returned + 1 }
          if (how === 'fail' || how === 'kill' || how === 'stop') {
            last = attempt
            begun++
            if (isLast) tries = { ...tries, noted: attempt }
          }
          if (how === 'fail') tries = withFailure(tries, failure(attempt))
          if (how === 'stop') tries = withStop(tries, failure(attempt))
          if (how === 'stop') stops++
        }
        expect(begun).toBeLessThanOrEqual(3 + stops)
      }),
    )
  })
})

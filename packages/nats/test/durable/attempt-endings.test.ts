import { CancelledError, CrashedError, type GenPoolError, InvalidError, StoppedError } from '@genpool/core'
import { durableOptions } from '@genpool/nats'
import { ExpiredError } from '@genpool/runtime'
import { endingOf, waitAfter } from '../../src/durable/attempts'

const rules = { maxDeliver: 3, backoff: { initial: 100, factor: 2, max: 500 } }
const crash = Object.assign(Object.create(CrashedError.prototype), { code: 'ERR_GENPOOL_CRASHED' }) as GenPoolError

describe('an attempt', () => {
  const end = (error: GenPoolError | undefined, attempt = 1, runs = 1) => endingOf({ error, runs, attempt }, rules)

  it('that succeeds is done; one that fails is repeated with growing waits, and is dead in the end', () => {
    expect(end(undefined)).toEqual({ kind: 'done' })
    expect(end(crash)).toEqual({ kind: 'again', delayMs: 100 })
    expect(end(crash, 2)).toEqual({ kind: 'again', delayMs: 200 })
    expect(end(crash, 3)).toEqual({ kind: 'dead' })
    expect([1, 2, 3, 4, 50].map((attempt) => waitAfter(attempt, rules))).toEqual([100, 200, 400, 500, 500])
  })

  it('that has committed is done, though an answer failed for which nobody waits', () => {
    const member = 'member-1.1'
    const [yes, maybe, no] = ([true, 'maybe', false] as const).map(
      (committed) => new CrashedError('pool', member, 'type', new Error('no answer'), committed),
    )
    expect(end(yes)).toEqual({ kind: 'done' })
    expect([end(maybe), end(no)]).toEqual([1, 2].map(() => ({ kind: 'again', delayMs: 100 })))
  })

  it('that nobody can begin is dead at once; one that the pool refuses for now is none', () => {
    expect(end(new InvalidError('message', []), 1, 0)).toEqual({ kind: 'dead' })
    expect(end(new StoppedError('pool'), 3, 0)).toEqual({ kind: 'returned', delayMs: 250 })
    expect(end(new ExpiredError('pool', 5, false), 3, 0)).toMatchObject({ kind: 'returned' })
  })

  it('that ends with its consumer has not failed: it is made again at once, by another one, also the last one', () => {
    const stopping = (error: GenPoolError, attempt = 3) =>
      endingOf({ error, runs: 1, attempt, isStopping: true }, rules).kind
    expect(stopping(new StoppedError('pool', true))).toBe('stopped')
    expect(stopping(new CancelledError('pool', true))).toBe('stopped')
    // Its consumer was lost for a while, or a store of a pool that goes on has stopped.
    expect(end(new CancelledError('pool', true), 1, 1)).toEqual({ kind: 'again', delayMs: 0 })
    expect(end(new StoppedError('store', true), 3, 1)).toEqual({ kind: 'dead' })
    // The handler threw meanwhile, or the pool gave up: the cast may be why.
    expect(stopping(crash)).toBe('dead')
    expect(stopping(new StoppedError('pool', true, new Error('too many crashes')))).toBe('dead')
  })

  it('that was ended by a stop makes neither the end nor the waits of those that fail come sooner', () => {
    const after = (attempt: number) => endingOf({ error: crash, runs: 1, attempt, uncounted: 2 }, rules)
    expect([3, 4].map(after)).toEqual([100, 200].map((delayMs) => ({ kind: 'again', delayMs })))
    expect(after(5)).toEqual({ kind: 'dead' })
  })
})

describe('the wait between two attempts', () => {
  it('may not begin above its longest', () => {
    const issues = (backoff: object) => durableOptions.safeParse({ name: 'q', backoff }).error?.issues[0]
    expect(issues({ initial: 100, max: 10 })).toMatchObject({
      path: ['backoff', 'initial'],
      message: '"initial" must not be greater than "max", but 100 > 10',
    })
    expect(issues({ initial: 10, max: 10 })).toBeUndefined()
  })
})

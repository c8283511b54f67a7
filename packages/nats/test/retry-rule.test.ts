import { CancelledError, CrashedError, DroppedError, ExpiredError, StoppedError, UnreachableError } from '@genpool/core'
import fc from 'fast-check'
import { attemptOf, mayTryAgain } from '../src/calls/retry-rule'

describe('whether a request is sent to another node', () => {
  it.each([
    [new DroppedError('p', { reason: 'max', waitedMs: 0, queueLength: 1 }), 'not-run'],
    [new StoppedError('p'), 'not-run'],
    [new StoppedError('p', true), 'final'],
    [new ExpiredError('p', 5, false), 'final'],
    [new CancelledError('p', false), 'final'],
    [new CrashedError('p', 'm', 't', 'no'), 'final'],
    [new UnreachableError('p', true, { says: '' }), 'may-have-run'],
    [new UnreachableError('p', false, { says: '' }), 'not-run'],
    ['something else', 'final'],
  ])('is known from the error: %s is %s', (error, attempt) => {
    expect(attemptOf(error)).toBe(attempt)
  })

  it('is never so if it may have run and is not idempotent, after its deadline, or without another node', () => {
    const facts = fc.record({
      attempt: fc.constantFrom('not-run' as const, 'may-have-run' as const, 'final' as const),
      idempotent: fc.boolean(),
      leftMs: fc.integer({ min: -5, max: 5 }),
      hasOther: fc.boolean(),
    })
    fc.assert(
      fc.property(facts, (given) => {
        if (!mayTryAgain(given)) return
        expect(given.attempt).not.toBe('final')
        expect(given.attempt === 'not-run' || given.idempotent).toBe(true)
        expect(given.leftMs).toBeGreaterThan(0)
        expect(given.hasOther).toBe(true)
      }),
    )
  })
})

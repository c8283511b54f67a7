import fc from 'fast-check'
import { changesFrom, diffOf, optionAt } from '../src/actions/diff'
import { proposalFor } from '../src/actions/proposal'
import { Columns } from '../src/live/columns'

describe('the columns of the past', () => {
  it('keep the last samples in order, whatever names come and go', () => {
    const sample = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.integer()), { noNullPrototype: true })
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (samples, capacity) => {
        const columns = new Columns(capacity)
        for (const one of samples) columns.add(one)
        const last = samples.slice(-capacity)
        const expected = ['a', 'b', 'c'].map((name) => last.map((one) => one[name] ?? null))
        const read = columns.read()
        expect(['a', 'b', 'c'].map((name) => read[name] ?? last.map(() => null))).toEqual(expected)
      }),
    )
  })
})

describe('a diff of options', () => {
  const options = { size: 2, broker: { client: { type: 'codel', target: 100 } }, timeout: Infinity }

  it('names only what changes, with both values', () => {
    expect(diffOf(options, { size: 3, broker: { client: { target: 100, max: 5 } } })).toEqual([
      { path: 'size', from: '2', to: '3' },
      { path: 'broker.client.max', from: 'undefined', to: '5' },
    ])
    expect(optionAt(options, 'broker.client.target')).toBe(100)
    expect(optionAt(options, 'broker.no.such')).toBeUndefined()
  })

  it('reads changes from JSON, and refuses what is none', () => {
    expect(changesFrom({ timeout: 'Infinity', broker: { client: { max: 3 } } })).toEqual({
      timeout: Infinity,
      broker: { client: { max: 3 } },
    })
    const deep = JSON.parse(`${'{"a":'.repeat(20)}1${'}'.repeat(20)}`) as unknown
    for (const wrong of [null, [], 'x', JSON.parse('{"a":{"__proto__":{"b":1}}}'), { constructor: {} }, deep]) {
      expect(changesFrom(wrong)).toBeUndefined()
    }
  })
})

describe('the remedy of a finding', () => {
  const finding = (option: string | null, figures = {}) =>
    proposalFor({ finding: 'members-busy', says: '', advice: '', figures, option }, options)
  const options = {
    size: 2,
    paused: true,
    stuckAfter: Infinity,
    timeout: 5000,
    broker: { client: { target: 100, max: Infinity } },
  }

  it('raises numbers in steps', () => {
    expect(finding('size')).toEqual({ option: 'size', now: '2', value: 3 })
    expect(finding('broker.client.target')).toEqual({ option: 'broker.client.target', now: '100', value: 200 })
    expect(finding('timeout')?.value).toBe(10_000)
    expect(finding('paused')?.value).toBe(false)
  })

  it('replaces stuck members only after a time that no usual run takes', () => {
    expect(finding('stuckAfter', { runP99Ms: 20 })?.value).toBe(10_000)
    expect(finding('stuckAfter', { runP99Ms: 4000 })?.value).toBe(80_000)
  })

  it('is left to the person where no number helps', () => {
    for (const option of [null, 'broker.admission', 'broker.client.max', 'no.such']) expect(finding(option)).toBeNull()
  })
})

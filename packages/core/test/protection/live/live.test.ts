import { configure, poolOptions } from '@genpool/core'
import { ADMISSIONS } from './admissions'
import { DOORS } from './doors'
import { LIMITS } from './learning'
import { SIZES } from './sizes'
import { THROTTLES } from './throttles'
import { type Case, Flow } from './flow'

const CASES: Record<string, Case> = { ...SIZES, ...LIMITS, ...DOORS, ...THROTTLES, ...ADMISSIONS }

interface Schema {
  readonly def: {
    readonly type: string
    readonly innerType?: Schema
    readonly in?: Schema
    readonly options?: readonly Schema[]
    readonly shape?: Readonly<Record<string, Schema>>
    readonly values?: readonly unknown[]
  }
}

/** The numbers and functions in options, as `size.valve(codel).target`. */
function numbersIn({ def }: Schema, path: string): string[] {
  const inner = def.innerType ?? def.in
  if (inner !== undefined) return numbersIn(inner, path)
  if (def.options !== undefined) return def.options.flatMap((option) => numbersIn(option, path))
  if (def.shape === undefined) return def.type === 'number' || def.type === 'custom' ? [path] : []
  const kind = def.shape['type']?.def
  const type = (kind?.innerType?.def ?? kind)?.values?.[0]
  const place = type === undefined ? path : `${path}(${String(type)})`
  return Object.entries(def.shape).flatMap(([key, schema]) => numbersIn(schema, `${place}.${key}`))
}

describe('every number of protection and size, changed while requests flow', () => {
  it.each(Object.entries(CASES))('%s', async (_number, { given, under = {}, first, change, seen }) => {
    const flow = new Flow(given)
    Object.assign(flow, under)
    await flow.run(20)
    await first?.(flow)
    expect(await seen(flow)).toBe(false)
    const changed = configure(flow.pool, change)
    expect(changed.length).toBeGreaterThan(0)
    expect(await seen(flow)).toBe(true)
    await flow.finish()
  })

  it('is in this list', () => {
    const { size, concurrency, breaker, throttle, broker } = (poolOptions as unknown as Schema).def.shape!
    const admission = broker!.def.innerType!.def.options![0]!.def.shape!['admission']!
    const all = [
      ...numbersIn(size!, 'size'),
      ...numbersIn(concurrency!, 'concurrency'),
      ...numbersIn(breaker!, 'breaker'),
      ...numbersIn(throttle!, 'throttle'),
      ...numbersIn(admission, 'broker.admission'),
    ]
    // The short forms, a number each, have tests of their own.
    const long = [...new Set(all)].filter((path) => path !== 'size' && path !== 'concurrency')
    expect(Object.keys(CASES).sort()).toEqual(long.sort())
  })
})

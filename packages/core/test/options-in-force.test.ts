import { configure, isGenPoolError, type PoolChanges, type PoolOptions, poolOptions } from '@genpool/core'
import { findActor } from '@genpool/runtime'
import fc from 'fast-check'
import { stop } from 'nact'
import type { z } from 'zod'
import { clock, system } from './virtual-system'
import { spawned, type Pool, work } from './operated'

/** A message without the property that `cost` names is invalid. */
const OUTCOMES = ['done', ...['DROPPED', 'EXPIRED', 'CRASHED', 'INVALID'].map((code) => `ERR_GENPOOL_${code}`)]

describe('options', () => {
  /** What no option, or only a few, would take. */
  const noise = fc.oneof(
    fc.constantFrom<unknown>(
      -1,
      0,
      1,
      2.5,
      NaN,
      Infinity,
      '',
      'shared',
      null,
      [],
      {},
      { type: 'codel' },
      { max: 1 },
      true,
    ),
    fc.anything({ maxDepth: 1 }),
  )
  const numbers = fc.oneof(fc.constantFrom(0, 1, 2, 8, 0.5, Infinity), fc.integer({ min: 1, max: 50 }))

  /** Values of the form that a schema asks for, with keys left out, unknown ones put in, and some noise in any place. */
  function like(schema: z.core.$ZodType): fc.Arbitrary<unknown> {
    const { def } = (schema as z.core.$ZodTypes)._zod
    const form = (): fc.Arbitrary<unknown> => {
      switch (def.type) {
        case 'object': {
          const shape = Object.entries<z.core.$ZodType>(def.shape).filter(([key]) => key !== 'clock')
          const parts: Record<string, fc.Arbitrary<unknown>> = { sise: noise }
          for (const [key, part] of shape) parts[key] = like(part)
          return fc.record(parts, { requiredKeys: 'type' in parts ? ['type'] : [] })
        }
        case 'union':
          return fc.oneof(...def.options.map(like))
        case 'enum':
          return fc.constantFrom(...Object.values(def.entries))
        case 'literal':
          return fc.constantFrom(...def.values)
        case 'number':
          return numbers
        case 'boolean':
          return fc.boolean()
        case 'record':
          return fc.dictionary(fc.string({ maxLength: 3 }), like(def.valueType), { maxKeys: 2 })
        case 'default':
        case 'optional':
        case 'prefault':
          return like(def.innerType)
        default:
          return noise
      }
    }
    return fc.oneof({ weight: 15, arbitrary: form() }, { weight: 1, arbitrary: noise })
  }
  /** Few at a time, so that often all of them are right. */
  const known = poolOptions.shape
  const one = fc.constantFrom(...Object.keys(known).filter((key) => key !== 'clock'))
  const input = fc
    .uniqueArray(one, { maxLength: 3 })
    .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, like(known[key as keyof typeof known])]))))

  it('are accepted, and the pool works; or refused with the path, and nothing is spawned', async () => {
    let taken = 0
    await fc.assert(
      fc.asyncProperty(input, async (options) => {
        const before = findActor(system as never)?.children.size
        let pool: Pool
        try {
          pool = spawned(options as PoolOptions).pool
        } catch (error) {
          if (!isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) throw error
          expect(findActor(system as never)?.children.size).toBe(before)
          return
        }
        taken++
        const answer = work(pool, 0, 1000)
        await clock.advance(1100)
        expect(OUTCOMES).toContain(await answer)
        stop(pool)
        await clock.settle()
      }),
      { numRuns: 600 },
    )
    // Otherwise it would only try what is refused.
    expect(taken).toBeGreaterThan(200)
  })

  it('are changed while the pool works, or refused, and nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(input, { minLength: 1, maxLength: 3 }), async (changes) => {
        const { pool } = spawned()
        try {
          for (const change of changes) {
            const running = work(pool, 5, 1000)
            try {
              configure(pool, change as PoolChanges)
            } catch (error) {
              if (!isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) throw error
              // The options are still those of the last change: changing nothing changes nothing.
              expect(configure(pool, {})).toEqual([])
            }
            await clock.advance(1100)
            expect(OUTCOMES).toContain(await running)
          }
        } finally {
          // The name is free for the next case, also if this one fails.
          stop(pool)
        }
        await clock.settle()
        expect(clock.timers).toBe(0)
      }),
      { numRuns: 300 },
    )
  })
})

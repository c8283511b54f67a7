import { call, cast, definePool, reply, spawnPool } from '@genpool/core'
import { z } from 'zod'
import { system } from './virtual-system'

/** Handlers whose messages say nothing, in all ways that people write it. */
const Nothing = definePool({
  calls: {
    left: () => reply(1),
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- as people write it
    empty: (_msg: {}) => reply(2),
    object: (_msg: object) => reply(3),
    never: (_msg: Record<string, never>) => reply(4),
    schema: { schema: z.object({}), handle: () => reply(5) },
    strict: { schema: z.strictObject({ type: z.literal('strict') }), handle: () => reply(6) },
    batch: { batch: 3, handle: (all: Record<string, never>[]) => reply(all.map(() => 7)) },
  },
  casts: { quiet: (_msg: Record<string, never>) => undefined },
})

describe('a message that says nothing', () => {
  it('is its type alone, and compiles', async () => {
    const pool = spawnPool(system, Nothing, 'pool')
    const answers = await Promise.all([
      call(pool, { type: 'left' }),
      call(pool, { type: 'empty' }),
      call(pool, { type: 'object' }),
      call(pool, { type: 'never' }),
      call(pool, { type: 'schema' }),
      call(pool, { type: 'strict' }),
      call(pool, { type: 'batch' }),
    ])
    expect(answers).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(cast(pool, { type: 'quiet' })).toEqual({ ok: true })
  })

  it('does not compile with anything more', () => {
    const check = (): void => {
      const pool = spawnPool(system, Nothing, 'pool')
      // @ts-expect-error there is no such property
      void call(pool, { type: 'left', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'empty', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'object', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'never', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'schema', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'strict', more: 1 })
      // @ts-expect-error there is no such property
      void call(pool, { type: 'batch', more: 1 })
      // @ts-expect-error there is no such property
      cast(pool, { type: 'quiet', more: 1 })
    }
    expect(check).toBeInstanceOf(Function)
  })
})

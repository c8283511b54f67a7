import { type BrokerRef, presets, type QueueFactory } from '@genpool/broker'
import { definePool, type PoolOptions, reply, spawnPool } from '@genpool/core'
import type { Ref } from 'nact'
import { z } from 'zod'

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

const Report = definePool({
  init: () => ({ pages: 0 }),
  calls: { make: (msg: { tenant: 'gold' | 'free'; pages: number }) => reply(msg.tenant) },
})
const Two = definePool({
  init: async () => ({ pages: 0 }),
  calls: { make: (msg: { tenant: string }) => reply(msg.tenant) },
  casts: { clear: () => undefined },
})

describe('callbacks in the options of a pool', () => {
  it('know the keys that weights are asked for, without annotations', () => {
    const check = (system: Ref<never>): void => {
      spawnPool(system, Report, 'name', {
        limits: {
          by: 'tenant',
          weight: (tenant) => {
            same<typeof tenant, 'gold' | 'free'>(true)
            return tenant === 'gold' ? 3 : 1
          },
        },
      })
      spawnPool(system, Two, 'some have none', {
        limits: {
          by: 'tenant',
          weight: (tenant) => {
            same<typeof tenant, string | undefined>(true)
            return tenant === 'gold' ? 3 : 1
          },
        },
      })
      spawnPool(system, Report, 'function', {
        limits: {
          by: ({ pages }: { pages: number }) => pages > 9,
          weight: (isLong) => {
            same<typeof isLong, boolean>(true)
            return isLong ? 1 : 3
          },
        },
      })
      // What a function without annotations returns is known too late.
      spawnPool(system, Report, 'later', {
        limits: { by: ({ pages }) => pages > 9, weight: (isLong) => Number(isLong) },
      })
      spawnPool(system, Two, 'annotated', { limits: { by: 'tenant', weight: (key: string) => key.length } })
      spawnPool(system, Two, 'record', { limits: { by: 'tenant', weight: { gold: 3 } } })
      // @ts-expect-error a weight is a number
      spawnPool(system, Report, 'wrong', { limits: { by: 'tenant', weight: (tenant) => tenant } })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('know the message of which a fair queue wants the key', () => {
    const check = (system: Ref<never>, broker: BrokerRef<never, never>, own: QueueFactory): void => {
      spawnPool(system, Report, 'function', {
        broker: {
          client: {
            type: 'fair',
            by: (message) => {
              same<typeof message, { readonly type: 'make' } & { tenant: 'gold' | 'free'; pages: number }>(true)
              return message.tenant
            },
            weight: { gold: 3 },
          },
        },
      })
      spawnPool(system, Two, 'annotated', {
        broker: { client: { type: 'fair', by: (m: { tenant: string }) => m.tenant } },
      })
      spawnPool(system, Two, 'property', { broker: { client: { type: 'fair', by: { property: 'tenant' } } } })
      spawnPool(system, Two, 'value', { broker: { budget: false, client: { type: 'fair', by: 'value' } } })
      spawnPool(system, Two, 'codel', { broker: { client: { type: 'codel', target: 5 } } })
      spawnPool(system, Two, 'preset', { broker: presets.interactive })
      spawnPool(system, Two, 'more', { broker: { ...presets.interactive, client: { max: 5 } } })
      spawnPool(system, Two, 'own', { broker: { client: own } })
      spawnPool(system, Two, 'shared', { broker })
      // @ts-expect-error there is no such property
      spawnPool(system, Report, 'wrong', { broker: { client: { type: 'fair', by: (message) => message.tennant } } })
      // @ts-expect-error there is no such option
      spawnPool(system, Report, 'wrong', { broker: { client: { type: 'fair', bi: 'value' } } })
      // @ts-expect-error there is no such option
      spawnPool(system, Report, 'wrong', { broker: { bugdet: false } })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('know the state that is validated', () => {
    const check = (system: Ref<never>, options: PoolOptions): void => {
      spawnPool(system, Report, 'state', {
        state: {
          validate: (state) => {
            same<typeof state, { pages: number }>(true)
            return state.pages >= 0 || 'too few'
          },
        },
      })
      spawnPool(system, Two, 'later', { state: { validate: ({ pages }) => pages >= 0 } })
      spawnPool(system, Report, 'annotated', { state: { validate: (state: { pages: number }) => state.pages >= 0 } })
      spawnPool(system, Report, 'schema', { state: { validate: z.object({ pages: z.number() }) } })
      spawnPool(system, Report, 'type', { state: 'isolated' })
      spawnPool(system, Report, 'options', options)
      spawnPool(system, Report, 'more', { ...options, size: 2, state: { type: 'shared' } })
      spawnPool(system, (state: number, message: { n: number }) => state + message.n, 'plain', {
        initialState: 1,
        state: { validate: (state) => state > 0 },
      })
      // @ts-expect-error the state has no such property
      spawnPool(system, Report, 'wrong', { state: { validate: (state) => state.pagse > 0 } })
    }
    expect(check).toBeInstanceOf(Function)
  })
})

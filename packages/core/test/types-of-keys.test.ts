import {
  type Behaviour,
  defineTask,
  definePool,
  type PlainPoolOptions,
  type PoolOptions,
  type Protocol,
  reply,
  spawnPool,
  type TypedPoolOptions,
} from '@genpool/core'
import type { Ref } from 'nact'

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

type Make = { readonly type: 'make' } & { tenant: string; pages: number }
const Report = definePool({
  calls: { make: (msg: { tenant: string; pages: number }) => reply(msg.tenant) },
  casts: { clear: () => undefined },
})
const Page = defineTask(async (task: { url: string; host: string }) => task.url)
const Open = definePool({ handleCall: (message: unknown) => reply(message) })
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as pools have it whose messages have no types
const Untyped = definePool({ handleCall: (message: any) => reply(message) })

type Priced = {
  readonly tenant: string
  readonly tokens?: number
  readonly either: number | string
  readonly any: unknown
}
const Model = definePool({ calls: { ask: (msg: Priced) => reply(msg.tokens) } })
const Loose = definePool({ calls: { ask: (msg: Record<string, unknown>) => reply(msg['tokens']) } })

describe('rate and limits in the options of a pool', () => {
  it('take as a cost only the name of what may be a number', () => {
    const check = (system: Ref<never>): void => {
      spawnPool(system, Model, 'optional', { rate: { limit: 3, cost: 'tokens' } })
      spawnPool(system, Model, 'either', { rate: { limit: 3, cost: 'either' } })
      spawnPool(system, Model, 'unknown', { limits: { by: 'tenant', rate: { limit: 3, cost: 'any' } } })
      spawnPool(system, Loose, 'loose', { rate: { limit: 3, cost: 'tokens' } })
      spawnPool(system, Report, 'of one', { rate: { limit: 3, cost: 'pages' } })
      // @ts-expect-error it is a text
      spawnPool(system, Model, 'wrong', { rate: { limit: 3, cost: 'tenant' } })
      // @ts-expect-error it is a text
      spawnPool(system, Model, 'wrong', { limits: { by: 'tenant', rate: { limit: 3, cost: 'tenant' } } })
      // @ts-expect-error no property is a number
      spawnPool(system, Page, 'wrong', { rate: { limit: 3, cost: 'host' } })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('know the messages, in functions without annotations', () => {
    const check = (system: Ref<never>): void => {
      spawnPool(system, Report, 'all', {
        rate: {
          limit: 3,
          by: (message) => {
            same<typeof message, Make | { readonly type: 'clear' }>(true)
            return message.type
          },
          cost: (message) => (message.type === 'make' ? message.pages : 1),
        },
        limits: {
          by: (message) => ('tenant' in message ? message.tenant : undefined),
          rate: { limit: 1, cost: (message) => message.type.length },
        },
      })
      // One may be a name beside it, and nothing has to be annotated for that.
      spawnPool(system, Report, 'mixed', { rate: { limit: 3, by: ({ type }) => type, cost: 'pages' } })
      spawnPool(system, Page, 'pages', { limits: { by: ({ host }) => host } })
      spawnPool(system, Open, 'open', { limits: { by: (message) => String(message) } })
      spawnPool(system, (state: number, message: { n: number }) => state + message.n, 'plain', {
        initialState: 1,
        limits: { by: ({ n }) => n },
      })
      spawnPool(system, (state, message: { n: number }) => state + message.n, 'learnt', {
        initialState: 1,
        limits: { by: ({ n }) => n },
      })
      // @ts-expect-error there is no such property
      spawnPool(system, Page, 'wrong', { limits: { by: (task) => task.hosst } })
      // @ts-expect-error a cost is a number
      spawnPool(system, Page, 'wrong', { rate: { limit: 1, cost: (task) => task.host } })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('take the name of a property that messages have, and no other', () => {
    const check = (system: Ref<never>, name: string, either: 'tenant' | 'pages'): void => {
      spawnPool(system, Report, 'name', { limits: { by: 'tenant', rate: { limit: 1, cost: 'pages' } } })
      spawnPool(system, Report, 'type', { rate: { limit: 1, by: 'type' } })
      spawnPool(system, Report, 'either', { limits: { by: either } })
      spawnPool(system, Page, 'task', { limits: { by: 'host' } })
      // Names that are known only when the program runs.
      spawnPool(system, Report, 'string', { limits: { by: name } })
      const limits = { by: 'user', concurrency: 1 }
      spawnPool(system, Report, 'variable', { limits })
      // Messages of which nothing is known.
      spawnPool(system, Open, 'open', { limits: { by: 'any' } })
      spawnPool(system, Untyped, 'untyped', { limits: { by: 'any' } })
      // @ts-expect-error no such property: limits.by
      spawnPool(system, Report, 'wrong', { limits: { by: 'tennant' } })
      // @ts-expect-error no such property: rate.by
      spawnPool(system, Report, 'wrong', { rate: { limit: 1, by: 'tennant' } })
      // @ts-expect-error no such property: rate.cost
      spawnPool(system, Report, 'wrong', { rate: { limit: 1, cost: 'pagse' } })
      // @ts-expect-error no such property: limits.rate.cost
      spawnPool(system, Report, 'wrong', { limits: { by: 'tenant', rate: { limit: 1, cost: 'pagse' } } })
      // @ts-expect-error no such property of a task
      spawnPool(system, Page, 'wrong', { limits: { by: 'hosst' } })
      // @ts-expect-error no such property of a message of a plain function
      spawnPool(system, (state: number, message: { n: number }) => state + message.n, 'wrong', { limits: { by: 'm' } })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('fit where options come from elsewhere', () => {
    const check = (system: Ref<never>, options: PoolOptions, typed: TypedPoolOptions<'make'>): void => {
      spawnPool(system, Report, 'options', options)
      spawnPool(system, Report, 'more', { ...options, size: 2 })
      spawnPool(system, Report, 'typed', typed)
      spawnPool(system, Report, 'some', { ...(options.size === 2 && { limits: { by: 'tenant' as const } }) })
      const plain: PlainPoolOptions<number, { n: number }> = { initialState: 1, ...options }
      spawnPool(system, (state: number, message: { n: number }) => state + message.n, 'plain', plain)
    }
    const open = <P extends Protocol>(system: Ref<never>, behaviour: Behaviour<P>, options: PoolOptions): unknown[] => [
      spawnPool(system, behaviour, 'name', { limits: { by: 'tenant' as string } }),
      spawnPool(system, behaviour, 'function', { limits: { by: (message) => JSON.stringify(message) } }),
      spawnPool(system, behaviour, 'options', options),
      spawnPool(system, behaviour, 'more', { ...options, size: 2 }),
    ]
    expect([check, open]).toHaveLength(2)
  })
})

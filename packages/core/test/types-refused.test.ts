import {
  call,
  cast,
  configure,
  definePool,
  noReply,
  type PoolOptions,
  type PoolRef,
  reply,
  spawnPool,
} from '@genpool/core'
import { dispatch, type Ref } from 'nact'
import { z } from 'zod'
import { Any, Counter, type ProtocolOf } from './typed-behaviours'

describe('types', () => {
  it('a wrong message, payload or pool does not compile', () => {
    const check = (
      pool: PoolRef,
      counter: PoolRef<ProtocolOf<typeof Counter>>,
      any: PoolRef<ProtocolOf<typeof Any>>,
      ref: Ref<unknown>,
    ): void => {
      // @ts-expect-error there is no such call
      void call(counter, { type: 'ad', value: 1 })
      // @ts-expect-error the payload is missing
      void call(counter, { type: 'add' })
      // @ts-expect-error the payload is of another type
      void call(counter, { type: 'add', value: '1' })
      // @ts-expect-error it is a cast
      void call(counter, { type: 'log', line: 'x' })
      // @ts-expect-error it is a call
      cast(counter, { type: 'add', value: 1 })
      // @ts-expect-error the catch-all knows other messages
      void call(any, 'got')
      // @ts-expect-error any reference of nact is no pool
      void call(ref, { type: 'add', value: 1 })
      // @ts-expect-error an option that does not exist
      spawnPool(ref as never, Counter, 'x', { sise: 1 })
      spawnPool(ref as never, Counter, 'x', { retryOnCrash: { add: 1, log: 2, handleInfo: 0 } })
      spawnPool(ref as never, Any, 'x', { retryOnCrash: { handleCall: 1 } })
      spawnPool(ref as never, (n: number, by: number) => n + by, 'x', { initialState: 1, retryOnCrash: { message: 1 } })
      const anyTypes: Record<string, number> = { add: 1 }
      spawnPool(ref as never, Counter, 'x', { retryOnCrash: anyTypes })
      const options: PoolOptions = { size: 1, retryOnCrash: anyTypes }
      spawnPool(ref as never, Counter, 'x', options)
      // @ts-expect-error there is no message of this type
      spawnPool(ref as never, Counter, 'x', { retryOnCrash: { nope: 1 } })
      configure(pool, { size: { idle: 5 }, concurrency: { max: 3 }, broker: { client: { max: 5 } } })
      // @ts-expect-error an option that does not exist, where the others need not be given
      configure(pool, { size: { idel: 5 } })
      // @ts-expect-error the context of init has no such property, whatever the handlers are
      definePool({ init: (ctx) => ({ n: ctx.nope }), casts: { add: (_msg: { by: number }) => noReply() } })
      // @ts-expect-error a handler must return a step
      definePool({ init: () => 0, calls: { five: () => 5 } })
      // @ts-expect-error a handler with batch answers with a list
      definePool({ calls: { some: { batch: 3, handle: (_messages: readonly object[]) => reply(1) } } })
      // @ts-expect-error a handler with batch gets a list
      definePool({ calls: { some: { batch: 3, handle: (_message: { n: number }) => reply([1]) } } })
      // @ts-expect-error a handler gets the messages of its own name
      definePool({ calls: { add: (_msg: { type: 'ad' }) => reply(1) } })
      // @ts-expect-error the same with a state that is known
      definePool({ init: () => ({ n: 0 }), casts: { add: (_msg: { type: 'ad' }) => noReply() } })
      // @ts-expect-error and in a list
      definePool({ calls: { add: { batch: 3, handle: (_messages: { type: 'ad' }[]) => reply([1]) } } })
      definePool({
        calls: {
          add: (_msg: { type: 'add' | 'sub' }) => reply(1),
          sub: (_msg: { type: string }) => reply(1),
          some: { batch: 3, handle: (messages: { n: number }[]) => reply(messages.map(({ n }) => n)) },
          any: { batch: 3, handle: (_messages: unknown) => reply([1]) },
        },
      })
      // @ts-expect-error no call can have this name
      definePool({ calls: { constructor: () => reply(1) } })
      // @ts-expect-error no cast can have this name
      definePool({ init: () => ({ n: 0 }), casts: { constructor: () => undefined } })
      // @ts-expect-error the next state has another shape
      definePool({ init: () => ({ n: 0 }), calls: { bad: (_msg: object, _state) => reply(1, { m: 1 }) } })
      definePool({
        init: () => ({ n: 0 }),
        calls: {
          // @ts-expect-error a recipe that writes to what is not there
          bad: (_msg: object, _state) => reply(1, (draft) => void (draft.m = 1)),
        },
      })
      dispatch(counter, { type: 'add', value: 1 })
      void pool
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('a function of a message may say which messages it gets', () => {
    const check = (system: Ref<never>): void => {
      interface Upload {
        readonly tenant: string
        readonly size: number
      }
      const byTenant = ({ tenant }: Upload): string => tenant
      spawnPool(system, Counter, 'rates', {
        rate: { limit: 5, cost: ({ size }: Upload) => size, by: byTenant },
        limits: {
          by: byTenant,
          rate: { limit: 1, cost: (upload: Upload) => upload.size },
          weight: (key: string) => key.length,
        },
      })
      spawnPool(system, Counter, 'fair', { broker: { client: { type: 'fair', by: byTenant } } })
      spawnPool(system, Counter, 'valid', { state: { validate: ({ count }: { count: number }) => count >= 0 } })
      spawnPool(system, Counter, 'schema', { state: { validate: z.object({ count: z.number() }) } })
      spawnPool(system, Counter, 'fault', { state: { validate: () => ({ path: ['count'], message: 'odd' }) } })
      // @ts-expect-error a validator answers at once
      spawnPool(system, Counter, 'late', { state: { validate: async () => true } })
      // @ts-expect-error a cost is a number
      spawnPool(system, Counter, 'wrong', { rate: { limit: 5, cost: byTenant } })
    }
    expect(check).toBeInstanceOf(Function)
  })
})

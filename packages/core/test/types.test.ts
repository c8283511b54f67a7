import {
  type Behaviour,
  call,
  type CallMessage,
  type CancelledError,
  cast,
  type CastMessage,
  ConflictError,
  type CrashedError,
  definePool,
  DroppedError,
  type ExpiredError,
  type InvalidError,
  getState,
  halt,
  isGenPoolError,
  map,
  noReply,
  type OpenProtocol,
  type OptionsError,
  type PoolRef,
  type Protocol,
  reply,
  type ReplyTo,
  type Results,
  spawnPool,
  type StoppedError,
} from '@genpool/core'
import { dispatch, query, type Ref, start, stop } from 'nact'
import { Any, Counter } from './typed-behaviours'

/** Compiles only if the two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_yes: Same<A, B>): void => undefined

describe('types', () => {
  it('reply takes any answer but a promise', () => {
    const echo = <T>(value: T) => definePool({ init: () => 0, calls: { get: (_msg: object, _state) => reply(value) } })
    const answers = {
      any: () => reply(JSON.parse('1')),
      unknown: () => reply(1 as unknown),
      maybe: () => reply(1 as number | undefined),
      halts: (_msg: object, _state: number) => halt('done', { reply: (state: number) => state }),
      late: (_msg: object, _state: number) => reply((state) => state, 5),
    }
    // @ts-expect-error it would be a promise of a promise
    definePool({ init: () => 0, calls: { wrong: () => reply(Promise.resolve(1)) } })
    // @ts-expect-error a cast does not answer, and this is no step
    definePool({ init: () => 0, casts: { wrong: () => halt('done', { reply: Promise.resolve(1) }) } })
    expect([echo(1), definePool({ init: () => 0, calls: answers })]).toHaveLength(2)
  })

  it('a recipe knows each kind of state, and may return it', () => {
    type Door = { readonly kind: 'open'; readonly since: number } | { readonly kind: 'shut'; readonly key?: string }
    const door = definePool({
      init: (): Door => ({ kind: 'open', since: 0 }),
      calls: {
        narrowed: () => reply(1, (draft) => void (draft.kind === 'open' ? draft.since++ : (draft.key = 'x'))),
        typed: (_msg: { n: number }) => reply(1, () => ({ kind: 'shut' })),
        async: async (_msg: { n: number }, state) => reply(await state.kind, () => ({ kind: 'shut' })),
        halts: () => halt('done', { reply: 1, next: (draft) => void (draft.kind === 'open' && draft.since++) }),
      },
      casts: {
        shut: () => noReply(() => ({ kind: 'shut' })),
        typedShut: (_msg: { n: number }) => noReply(() => ({ kind: 'shut' })),
        value: () => noReply({ kind: 'shut' }),
        narrowed: (_msg: { n: number }, state) => {
          if (state.kind === 'open') return
          return noReply((draft) => void (draft.kind === 'shut' && delete draft.key))
        },
        // @ts-expect-error the state has no such kind
        wrong: () => noReply(() => ({ kind: 'ajar' })),
      },
    })
    const optional = definePool({
      init: (): { n: number; last?: string } => ({ n: 0 }),
      calls: { reset: () => reply(1, () => ({ n: 0 })), add: () => reply(1, (draft) => ({ n: draft.n + 1 })) },
      casts: { reset: () => noReply(() => ({ n: 0 })) },
    })
    const record = definePool({
      init: (): Record<string, number> => ({}),
      calls: { clear: () => reply(1, () => ({})) },
      casts: { clear: () => noReply(() => ({})), empty: () => noReply({}) },
    })
    const literal = definePool({
      init: (): 'idle' | 'busy' => 'idle',
      calls: { begin: () => reply(1, () => 'busy') },
      casts: { begin: () => noReply(() => 'busy') },
    })
    expect([door, optional, record, literal]).toHaveLength(4)
  })

  it('map infers the results from the messages of its source', async () => {
    const pool = spawnPool(start(), Counter, 'mapped', { size: 1 })
    const any = spawnPool(start(), Any, 'any', { size: 1 })
    const sums = await map(pool, [{ type: 'add', value: 1 }]).toArray()
    const both = map(pool, [{ type: 'add', value: 1 } as const, { type: 'checked', n: '1' } as const])
    const generated = (function* () {
      yield { type: 'name', first: 'A', last: 'B' } as const
    })()
    const names = map(pool, generated, { key: ({ first }) => first, onError: (_error, { first }) => first })
    const others = map(any, ['get' as const, 1])
    same<typeof sums, number[]>(true)
    same<typeof both, Results<number | Date>>(true)
    same<typeof names, Results<string>>(true)
    same<typeof others, Results<number>>(true)
    // @ts-expect-error -- no such message
    map(pool, [{ type: 'sub', value: 1 }])
    // @ts-expect-error -- a cast has no result
    map(pool, [{ type: 'log', line: '' }])
    // @ts-expect-error -- no such option
    expect(() => map(pool, [{ type: 'add', value: 1 }], { inflight: 1 })).toThrow(/inFlight/)
    expect([sums, await others.toArray(), await names.toArray()]).toEqual([[1], [0, 1], ['A B']])
    await both.return()
  })

  it('call infers the reply of each message type', async () => {
    const system = start()
    const pool = spawnPool(system, Counter, 'counter', { size: 1 })
    const add = call(pool, { type: 'add', value: 1 })
    const name = call(pool, { type: 'name', first: 'A', last: 'B' })
    const names = call(pool, { type: 'names' })
    const stopped = call(pool, { type: 'stop' })
    const checked = call(pool, { type: 'checked', n: '1' })
    const many = call(pool, { type: 'many', n: 3 })
    const plain = call(pool, { type: 'plain' })
    same<typeof add, Promise<number>>(true)
    same<typeof name, Promise<string>>(true)
    same<typeof names, Promise<string[]>>(true)
    same<typeof stopped, Promise<boolean>>(true)
    same<typeof checked, Promise<Date>>(true)
    same<typeof many, Promise<number>>(true)
    same<typeof plain, Promise<null>>(true)
    const state = getState(pool)
    same<typeof state, { readonly count: number; readonly names: readonly string[] }>(true)
    expect(state.count).toBe(0)
    const asked = query(pool, { type: 'add', value: 1 }, 1000)
    same<typeof asked, Promise<number>>(true)
    expect(await Promise.all([add, name, names, stopped, many, plain, asked])).toEqual([1, 'A B', [], true, 3, null, 2])
    await checked.catch(() => undefined)
    stop(system)
  })

  it('catch-alls and plain functions know their messages', async () => {
    const system = start()
    const any = spawnPool(system, Any, 'any', { size: 1 })
    const got = call(any, 'get')
    same<typeof got, Promise<number>>(true)
    cast(any, 'text')
    const plain = spawnPool(system, (state: number, message: { by: number }) => state + message.by, 'plain', {
      initialState: 1,
    })
    dispatch(plain, { by: 2 })
    const state = getState(plain)
    same<typeof state, number>(true)
    expect(state).toEqual([1])
    expect(await got).toBe(0)
    stop(system)
  })

  it('isGenPoolError knows the error of each code', () => {
    const check = (error: unknown): unknown => {
      if (isGenPoolError(error, 'ERR_GENPOOL_DROPPED')) same<typeof error, DroppedError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_EXPIRED')) same<typeof error, ExpiredError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_CANCELLED')) same<typeof error, CancelledError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) same<typeof error, CrashedError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_CONFLICT')) same<typeof error, ConflictError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_STOPPED')) same<typeof error, StoppedError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_OPTIONS')) same<typeof error, OptionsError>(true)
      if (isGenPoolError(error, 'ERR_GENPOOL_INVALID')) same<typeof error, InvalidError>(true)
      if (!isGenPoolError(error)) return undefined
      return error.code === 'ERR_GENPOOL_DROPPED' ? error.retryAfterMs : error.message
    }
    expect(check(new DroppedError('pool', { reason: 'max', waitedMs: 1, queueLength: 2, retryAfterMs: 3 }))).toBe(3)
    expect(check(new ConflictError('key', 'held'))).toContain('"key"')
    expect(check(new Error('other'))).toBeUndefined()
  })

  it('getState is readonly to its depth', () => {
    interface State {
      list: { n: number }[]
      map: Map<string, { n: number }>
      set: Set<Date>
      maybe?: { id: string & { readonly brand: 1 } }
      any: { deep: boolean } | 'none'
      f: (n: number) => void
    }
    const check = (pool: PoolRef<OpenProtocol<State, never, never, never>>): void => {
      const state = getState(pool)
      same<typeof state.list, readonly { readonly n: number }[]>(true)
      same<typeof state.map, ReadonlyMap<string, { readonly n: number }>>(true)
      same<typeof state.set, ReadonlySet<Date>>(true)
      same<typeof state.maybe, { readonly id: string & { readonly brand: 1 } } | undefined>(true)
      same<typeof state.any, { readonly deep: boolean } | 'none'>(true)
      same<typeof state.f, (n: number) => void>(true)
      // @ts-expect-error a field cannot be set
      state.list = []
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('functions of a user can be generic over pools', () => {
    type Calls<P extends Protocol> = keyof P['calls'] & string
    type Casts<P extends Protocol> = keyof P['casts'] & string
    const twice = async <P extends Protocol, T extends Calls<P>>(
      pool: PoolRef<P>,
      message: { readonly type: T } & CallMessage<P, T>,
    ): Promise<ReplyTo<P, T>> => {
      await call(pool, message)
      return call(pool, message)
    }
    const tell = <P extends Protocol, T extends Casts<P>>(
      pool: PoolRef<P>,
      message: { readonly type: T } & CastMessage<P, T>,
    ): boolean => cast(pool, message).ok
    const open = <P extends Protocol>(behaviour: Behaviour<P>): PoolRef<P> =>
      spawnPool(start(), behaviour, 'open', { size: 2 })
    const check = (): void => {
      const pool = open(Counter)
      const added = twice(pool, { type: 'add', value: 1 })
      same<typeof added, Promise<number>>(true)
      void added
      tell(pool, { type: 'log', line: 'x' })
      // @ts-expect-error there is no such cast
      tell(pool, { type: 'lg', line: 'x' })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('a message may have several forms', () => {
    type Move = { by: number } | { to: { x: number } }
    const Robot = definePool({ init: () => 0, calls: { move: (msg: Move, _state) => reply('by' in msg) } })
    const check = (system: Ref<never>): void => {
      const pool = spawnPool(system, Robot)
      void call(pool, { type: 'move', by: 1 })
      void call(pool, { type: 'move', to: { x: 1 } })
      // @ts-expect-error it is neither
      void call(pool, { type: 'move' })
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('handlers without annotations know the state that an init with a context makes', () => {
    const Connections = definePool({
      init: (ctx) => ({ name: ctx.member.name }),
      calls: { use: (_message, state) => reply(state.name) },
      terminate: (_reason, state) => void state.name.length,
    })
    const Names = definePool({
      init: async (ctx) => Promise.resolve({ name: ctx.member.name }),
      handleCall: (message: 'name' | 'length', _from, state) => reply(message === 'name' ? state.name : '0'),
    })
    const check = (system: Ref<never>): unknown[] => {
      const used = call(spawnPool(system, Connections), { type: 'use' })
      same<typeof used, Promise<string>>(true)
      const names = spawnPool(system, Names)
      const named = call(names, 'name')
      same<typeof named, Promise<string>>(true)
      // @ts-expect-error it has no casts
      cast(names, 'name')
      return [used, named]
    }
    expect(check).toBeInstanceOf(Function)
  })

  it('a plain function takes nact properties, and learns its state from them', () => {
    const check = (system: Ref<never>): void => {
      const pool = spawnPool(system, (state, message: { by: number }) => state + message.by, 'plain', {
        initialState: 1,
        size: 2,
        onCrash: (_message, _error, ctx) => ctx.resume,
        onDrop: (letter) => void letter.message,
      })
      const state = getState(pool)
      same<typeof state, number>(true)
      dispatch(pool, { by: state })
    }
    expect(check).toBeInstanceOf(Function)
  })
})

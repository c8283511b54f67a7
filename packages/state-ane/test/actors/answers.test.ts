import fc from 'fast-check'
import { query, type Ref, start, stop } from 'nact'
import { createStore, spawnState, type StateMessage, type StateRef, type Store } from '@genpool/state-ane'
import { slowStore } from '@genpool/state-ane/testing'
import { memoryEngine } from '../journal/memory-engine'

const recipes = { add: (value: number, argument: number) => (value + argument) % 3 }
type Message = StateMessage<number>

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant('update' as const),
    recipe: fc.constant('add'),
    argument: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    type: fc.constant('compareAndSet' as const),
    version: fc.integer({ min: 0, max: 5 }),
    next: fc.integer({ min: 0, max: 2 }),
  }),
  fc.record({
    type: fc.constant('patch' as const),
    base: fc.integer({ min: 0, max: 5 }),
    patches: fc.integer({ min: 0, max: 2 }).map((value) => [{ op: 'replace' as const, path: [], value }]),
  }),
)

const STORES: readonly [string, () => Store][] = [
  ['with a journal', () => createStore({ journal: { engine: memoryEngine() } })],
  ['with a server', () => slowStore()],
]

describe('an answer of spawnState', () => {
  let system: Ref<never>
  beforeEach(() => void (system = start() as Ref<never>))
  afterEach(() => stop(system))

  const answers = async (store: Store, messages: readonly Message[]): Promise<unknown[]> => {
    const state: StateRef<number> = spawnState(system, 0, { store, recipes })
    const sent = messages.map((each) => query(state as Ref<never>, each as never, 5000))
    return (await Promise.allSettled(sent)).map((end) =>
      end.status === 'fulfilled' ? end.value : (end.reason as { code: string }).code,
    )
  }

  it.each(STORES)('is what its own commit has left, also of a store %s', (_, make) =>
    fc.assert(
      fc.asyncProperty(fc.array(message, { maxLength: 12 }), async (messages) => {
        expect(await answers(make(), messages)).toEqual(await answers(createStore(), messages))
      }),
    ),
  )

  it('is of one commit while the cell is held', async () => {
    const store = createStore({ journal: { engine: memoryEngine() } })
    const hold = await store.cell<number>('state', { initial: 0 }).hold()
    const waiting = answers(
      store,
      [1, 1, 1].map((argument) => ({ type: 'update', recipe: 'add', argument })),
    )
    hold.release()
    expect(await waiting).toEqual([
      { value: 1, version: 1 },
      { value: 2, version: 2 },
      { value: 0, version: 3 },
    ])
  })

  it('does not have what a watcher commits because of it', async () => {
    const store = createStore()
    const cell = store.cell<number>('state', { initial: 0 })
    cell.watch((value) => void (value === 1 && cell.update(() => 7)))
    expect(await answers(store, [{ type: 'update', recipe: 'add', argument: 1 }])).toEqual([{ value: 1, version: 1 }])
    expect(await answers(store, [{ type: 'compareAndSet', version: 2, next: 1 }])).toEqual([
      { value: 1, version: 3, done: true },
    ])
    expect(cell.version).toBe(4)
  })
})

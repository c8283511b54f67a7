import { createStore, PatchLog, Replica, replicate } from '@genpool/state-ane'
import { Far } from './replica-store'
import { sent } from './sent'

interface State {
  set: Set<{ n: number }>
  byObject: Map<object, { n: number }>
  byAnything: Map<unknown, { n: number }>
  list: { n: number }[] & { more?: unknown }
}

function initial(): State {
  return {
    set: new Set([{ n: 1 }, { n: 2 }, { n: 3 }]),
    byObject: new Map([
      [{ key: 1 }, { n: 1 }],
      [{ key: 2 }, { n: 2 }],
    ]),
    byAnything: new Map<unknown, { n: number }>([
      [1, { n: 1 }],
      [true, { n: 1 }],
      [null, { n: 1 }],
      [2n, { n: 1 }],
      ['1', { n: 1 }],
    ]),
    list: Object.assign([{ n: 1 }, { n: 2 }], { more: { n: 1 } }),
  }
}

const CHANGES: Record<string, (draft: State) => void> = {
  'an item of a set that is changed': ({ set }) => void ([...set][0] as { n: number }).n++,
  'an item that is taken out of a set': ({ set }) => void set.delete([...set][1] as { n: number }),
  'an item that is put into a set': ({ set }) => void set.add({ n: 4 }),
  'what stands in a map under an object': ({ byObject }) => {
    for (const part of byObject.values()) part.n++
  },
  'an object that is taken out of the keys of a map': ({ byObject }) => {
    byObject.delete([...byObject.keys()][0] as object)
  },
  'an object that is put among the keys of a map': ({ byObject }) => void byObject.set({ key: 3 }, { n: 3 }),
  'what stands in a map under any other key': ({ byAnything }) => {
    for (const part of byAnything.values()) part.n++
  },
  'keys that are taken out of a map': ({ byAnything }) => {
    for (const key of [...byAnything.keys()].slice(1, 4)) byAnything.delete(key)
  },
  'an element of a list with named properties': ({ list }) => void (list[0] as { n: number }).n++,
}

/** What can be told of it; in this realm. */
function facts(value: unknown): unknown {
  const kind = Object.prototype.toString.call(value)
  if (kind === '[object Map]') return [...(value as Map<unknown, unknown>)].map((pair) => pair.map(facts))
  if (kind === '[object Set]') return [...(value as Set<unknown>)].map(facts)
  if (Array.isArray(value)) return ['list', ...Object.entries(value).map(([key, part]) => [key, facts(part)])]
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, facts(part)]))
}

const NAMES = Object.keys(CHANGES)

describe('a replica has, as its cell', () => {
  it.each(NAMES)('%s there', async (name) => {
    const cell = createStore().cell<State>('state', { initial: initial() })
    const { replica, reach } = farOf(cell)
    for (let i = 0; i < 2; i++) {
      cell.update(CHANGES[name] as never)
      reach()
      expect(facts(replica.value)).toEqual(facts(cell.value))
    }
    cell.update((draft) => void CHANGES['an item of a set that is changed']?.(draft as State))
    reach()
    expect(facts(replica.value)).toEqual(facts(cell.value))
  })

  it.each(NAMES)('%s in it', async (name) => {
    const cell = createStore().cell<State>('state', { initial: initial() })
    const expected = createStore().cell<State>('state', { initial: initial() })
    const { replica, reach } = farOf(cell)
    for (let i = 0; i < 2; i++) {
      await replica.update(CHANGES[name] as never)
      expected.update(CHANGES[name] as never)
      reach()
      expect(facts(cell.value)).toEqual(facts(expected.value))
      expect(facts(replica.value)).toEqual(facts(expected.value))
    }
  })

  it.each(NAMES)('%s, if it is one of a replicator', (name) => {
    const cell = createStore({ history: 10 }).cell<State>('state', { initial: initial() })
    const replicator = replicate(cell)
    const replica = new Replica<State>(replicator.stamp, 1)
    const reach = (): void => {
      const request = replica.poll(0)
      if (request !== null) replica.receive(sent(replicator.answer(request)))
    }
    reach()
    cell.update(CHANGES[name] as never)
    reach()
    expect(facts(replica.value)).toEqual(facts(cell.value))
  })
})

function farOf(cell: object) {
  const far = new Far(new PatchLog(cell as never), () => 0)
  return { replica: far.replica, reach: () => far.reach() }
}

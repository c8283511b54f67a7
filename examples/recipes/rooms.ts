/*
 * 10 000 rooms: one pool for all of them, or a pool for each? Both are measured here, with the same messages.
 *
 *     node --expose-gc -r ts-node/register examples/recipes/rooms.ts
 */
// #region pool
import { call, definePool, drain, getState, reply, spawnPool } from '@genpool/core'
import { createStore, type SyncStore } from '@genpool/state-ane'
import { start, stop } from 'nact'

interface Room {
  readonly members: readonly string[]
  readonly said: number
}
const EMPTY: Room = { members: [], said: 0 }

/** One pool for all rooms. Each room has a cell in a store; the `key` of a call is its room. */
const rooms = (store: SyncStore) => {
  const cellOf = (room: string) => store.cell<Room>(room, { initial: EMPTY })
  return definePool({
    calls: {
      join: (msg: { room: string; user: string }) => {
        const { members } = cellOf(msg.room).update((draft) => void draft.members.push(msg.user))
        return reply(members.length)
      },
      say: async (msg: { room: string; text: string }) => {
        await Promise.resolve() // stands for a database: of this room, nothing else runs meanwhile
        return reply(cellOf(msg.room).update((draft) => void draft.said++).said)
      },
    },
  })
}
// #endregion pool

// #region pools
/** A pool for each room: a room is an actor with a state of its own. */
const RoomActor = definePool({
  init: (): Room => EMPTY,
  calls: {
    join: (msg: { user: string }, state) =>
      reply(state.members.length + 1, (draft) => void draft.members.push(msg.user)),
    say: async (_msg: { text: string }) => {
      await Promise.resolve()
      return reply(
        ({ said }) => said,
        (draft) => void draft.said++,
      )
    },
  },
})
const openRoom = (system: ReturnType<typeof start>, name: string) =>
  spawnPool(system, RoomActor, name, { size: 1, timeout: 30_000 })
type RoomPool = ReturnType<typeof openRoom>
// #endregion pools

const COUNT = 10_000
const MESSAGES = 20_000

interface Measured {
  readonly ms: number
  readonly kb: number
}

async function measured(work: () => Promise<unknown> | unknown): Promise<Measured> {
  const heap = (): number => {
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  const before = heap()
  const begun = performance.now()
  await work()
  const ms = performance.now() - begun
  return { ms, kb: (heap() - before) / 1024 }
}

const print = (what: string, made: Measured, sent: Measured): void =>
  console.log(
    `${what}: ${Math.round(made.ms)} ms and ${(made.kb / COUNT).toFixed(1)} KB a room to make, ` +
      `${Math.round(MESSAGES / sent.ms)} messages a millisecond`,
  )

const nameOf = (n: number): string => `room-${n % COUNT}`

async function main(): Promise<void> {
  // #region use
  const system = start()
  const store = createStore()
  const one = spawnPool(system, rooms(store), 'rooms', { size: 50, timeout: 30_000 })
  const join = (room: string, user: string) => call(one, { type: 'join', room, user }, { key: room })
  const say = (room: string) => call(one, { type: 'say', room, text: 'hi' }, { key: room })

  await Promise.all([join('hall', 'ada'), say('hall'), join('hall', 'bob'), join('attic', 'ada')])
  for (const room of ['hall', 'attic']) {
    console.log(room, JSON.stringify(store.cell<Room>(room, { initial: EMPTY }).value))
  }
  // #endregion use

  print(
    'one pool, a key for each room',
    await measured(() => Promise.all(Array.from({ length: COUNT }, (_, n) => join(nameOf(n), 'ada')))),
    await measured(() => Promise.all(Array.from({ length: MESSAGES }, (_, n) => say(nameOf(n))))),
  )
  console.log(JSON.stringify(store.cell<Room>('room-7', { initial: EMPTY }).value))

  const pools = new Map<string, RoomPool>()
  const roomPool = (name: string): RoomPool => {
    const pool = pools.get(name) ?? openRoom(system, name)
    pools.set(name, pool)
    return pool
  }
  print(
    'a pool for each room',
    await measured(() =>
      Promise.all(
        Array.from({ length: COUNT }, (_, n) =>
          call(roomPool(nameOf(n)), { type: 'join', user: 'ada' }),
        ),
      ),
    ),
    await measured(() =>
      Promise.all(
        Array.from({ length: MESSAGES }, (_, n) =>
          call(roomPool(nameOf(n)), { type: 'say', text: 'hi' }),
        ),
      ),
    ),
  )
  console.log(JSON.stringify(getState(roomPool('room-7'))))

  // #region stop
  await drain(one)
  stop(system)
  // #endregion stop
}

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

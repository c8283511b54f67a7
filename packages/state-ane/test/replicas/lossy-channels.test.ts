import {
  createStore,
  type OwnerMessage,
  PatchLog,
  ReplicaCell,
  type ReplicaMessage,
  ReplicaSession,
} from '@genpool/state-ane'
import { sent } from './sent'

interface State {
  readonly n: number
  readonly list: readonly number[]
}
const started = (n: number): State => ({ n, list: [n] })

/** A cell, and a replica of it that gets what the test gives it. */
function setUp() {
  const cell = createStore().cell<State>('state', { initial: started(0) })
  const down: OwnerMessage<State>[] = []
  const session = new ReplicaSession<State>(new PatchLog(cell), {
    // Errors cross by other means.
    send: (message) => void down.push(message[0] === 'refused' ? message : sent(message)),
    admit: () => undefined,
    committed: () => undefined,
    changed: () => undefined,
  })
  const up: ReplicaMessage[] = []
  const replica = new ReplicaCell<State>('state', { send: (message) => void up.push(sent(message)), tag: () => 0 })
  /** What the owner sends after a commit of its own. */
  const committed = (): OwnerMessage<State> => {
    cell.update((draft) => {
      draft.n++
      draft.list.push(draft.n)
    })
    session.update()
    return down.splice(0)[0] as OwnerMessage<State>
  }
  return { cell, session, replica, down, up, committed }
}

describe('a replica whose channel is not what it should be', () => {
  it('takes nothing twice', () => {
    const { cell, replica, committed } = setUp()
    const messages = [committed(), committed(), committed()]
    for (const message of messages) {
      replica.receive(message)
      replica.receive(message)
    }
    expect(messages.map(([kind]) => kind)).toEqual(['value', 'patches', 'patches'])
    expect([replica.value, replica.version]).toEqual([cell.value, 3])
  })

  it('does not go back to an older value', () => {
    const { cell, replica, committed } = setUp()
    const messages = [committed(), committed(), committed()]
    for (const message of messages) replica.receive(message)
    for (const message of messages) {
      replica.receive(message)
      expect([replica.value, replica.version]).toEqual([cell.value, 3])
    }
  })

  it('refuses patches whose predecessor is missing, keeps its value, and goes on when that has come', () => {
    const { cell, replica, committed } = setUp()
    const [first, second, third] = [committed(), committed(), committed()]
    const missing = expect.objectContaining({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(
        /message to a replica.*a message before it is missing.*has to keep the order/s,
      ) as string,
    }) as Error
    expect(() => replica.receive(second)).toThrow(missing)
    expect(replica.version).toBe(-1)
    replica.receive(first)
    expect(() => replica.receive(third)).toThrow(missing)
    expect([replica.version, replica.value.n]).toEqual([1, 1])
    replica.receive(second)
    replica.receive(third)
    expect([replica.value, replica.version]).toEqual([cell.value, 3])
  })

  it('takes the whole value also after a loss', () => {
    const { replica, committed } = setUp()
    replica.receive(committed())
    replica.receive(['value', 9, 8, started(8)])
    expect([replica.value, replica.version]).toEqual([started(8), 8])
  })

  it('does not make its commits again if it hears twice that one is refused', async () => {
    const { session, replica, down, up, committed } = setUp()
    replica.receive(committed())
    const refused = replica.update((draft) => void draft.n++)
    const error = new Error('no')
    session.receive(['withdraw', up[0]![1], up[0]![2] as number, error])
    const [message] = down.splice(0)
    replica.receive(message!)
    await expect(refused).rejects.toBe(error)
    const next = replica.update((draft) => void draft.n++)
    const before = up.length
    replica.receive(message!)
    expect(up).toHaveLength(before)
    session.receive(up.at(-1)!)
    session.confirm()
    for (const each of down.splice(0)) replica.receive(each)
    expect(await next).toMatchObject({ n: 2 })
  })
})

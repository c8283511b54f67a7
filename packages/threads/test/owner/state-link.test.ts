import { createStore, type ReplicaMessage } from '@genpool/state-ane'
import { SharedState } from '../../src/owner/shared-state'
import { StateLink } from '../../src/owner/state-link'

/** A counter that two threads share, and what happens to each of them. */
function subject() {
  const cell = createStore().cell<unknown>('state', { initial: { count: 0 } })
  const shared = new SharedState(cell)
  const link = () => {
    const told: string[] = []
    const state = new StateLink(shared, {
      admit: () => undefined,
      committed: () => undefined,
      voided: () => undefined,
      lost: () => undefined,
      isBusy: true,
      heldUp: (isHeldUp) => void told.push(isHeldUp ? 'held up' : 'goes on'),
      sendSoon: () => void told.push('soon'),
      sendNow: () => void told.push('now'),
    })
    let seq = 0
    const commit = (count: number): void =>
      state.receive(['commit', epochOf(), ++seq, 0, [{ op: 'replace', path: ['count'], value: count }], { job: seq }])
    let epoch = 0
    const epochOf = (): number => epoch
    const take = (): readonly unknown[] => {
      const messages = state.take().map((message) => message[1] as readonly unknown[])
      for (const [kind, at] of messages) if (kind === 'patches' || kind === 'value') epoch = at as number
      return messages
    }
    const send = (...message: ReplicaMessage): void => state.receive(message)
    take()
    told.length = 0
    return { told, take, commit, send, close: () => state.close() }
  }
  return { cell, one: link(), two: link() }
}

describe('the shared state of threads', () => {
  it('is sent to a thread that works, whenever another one commits', () => {
    const { one, two } = subject()
    one.commit(1)
    one.commit(2)
    expect(two.told).toEqual(['soon', 'soon'])
  })

  it('is sent to a thread that waits for its turn together with the turn', () => {
    const { one, two } = subject()
    one.send('turn', 1)
    one.take()
    two.send('turn', 1)
    for (let count = 1; count <= 100; count++) one.commit(count)
    expect(two.told).toEqual(['held up'])
    one.send('release', 1)
    expect(two.told.slice(1)).toEqual(['soon', 'goes on', 'now'])
    const patches = [{ op: 'replace', path: ['count'], value: 100 }]
    expect(two.take()).toEqual([
      ['patches', 2, 100, patches],
      ['held', 1],
    ])
  })

  it('is sent to a thread that waits for its turn as soon as it has a message to read it', () => {
    const { one, two } = subject()
    one.send('turn', 1)
    two.send('turn', 1)
    one.commit(1)
    expect(two.take()).toEqual([['patches', 2, 1, [{ op: 'replace', path: ['count'], value: 1 }]]])
  })

  it('is sent to a thread that waits for long before its patches are kept no more', () => {
    const { cell, one, two } = subject()
    one.send('turn', 1)
    two.send('turn', 1)
    two.told.length = 0
    const kinds: unknown[] = []
    for (let count = 1; count <= 1000; count++) {
      one.commit(count)
      if (two.told.length > 0) kinds.push(two.take()[0])
      two.told.length = 0
    }
    expect(kinds).toHaveLength(7)
    expect(kinds.map((message) => (message as readonly unknown[])[0])).toEqual(
      Array.from({ length: 7 }, () => 'patches'),
    )
    expect(cell.version).toBe(1000)
  })

  it('holds a thread up no longer whose member has ended', () => {
    const { one, two } = subject()
    one.send('turn', 1)
    two.send('turn', 1)
    two.close()
    expect(two.told).toEqual(['held up', 'goes on'])
  })
})

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Commit, type SessionWrite, SessionWrites } from '../../src/replicas/session-writes'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const commit = (seq: number): Commit => ['commit', 0, seq, 0, [], undefined] as never

describe('commits that are being written without a pause', () => {
  it('hold nothing of those that are written', async () => {
    let done = 0
    const writes = new SessionWrites<object>({ done: () => done++, failed: () => undefined })
    const values: WeakRef<object>[] = []
    let seen: object = {}
    let before: SessionWrite<object> | null = null
    const step = (seq: number): void => {
      const write = writes.begin(commit(seq), seen)
      write.mustFit(seen)
      if (before !== null) writes.end(before, { value: seen, version: seq })
      seen = { seq }
      write.leads(seen)
      values.push(new WeakRef(seen))
      before = write
      expect(writes.isEmpty).toBe(false)
    }
    for (let seq = 1; seq <= 100; seq++) step(seq)
    expect(done).toBe(99)
    // A weak reference keeps what it was made of until the end of the turn.
    await new Promise(setImmediate)
    gc()
    expect(values.filter((value) => value.deref() !== undefined).length).toBeLessThanOrEqual(2)
  })
})

import { virtualClock } from '@genpool/runtime/testing'
import { Leases } from '../../src/store/leases'

describe('a lease that comes after its store was destroyed', () => {
  it('is refused, and is not renewed', async () => {
    const clock = virtualClock()
    let wrote!: (done: boolean) => void
    const content = { leases: new Map() }
    const entry = {
      content,
      revision: 0,
      lease: () => undefined,
      inTurn: (work: () => Promise<unknown>) => work(),
    }
    const leases = new Leases({
      writer: { write: () => new Promise<boolean>((resolve) => (wrote = resolve)) },
      replica: { mustBeWell: () => Promise.resolve() },
      clock,
      ms: 3000,
      process: 'here',
    } as never)
    const taken = leases.take(entry as never, 'x').catch((error: unknown) => error)
    await clock.settle()
    leases.end()
    wrote(true)
    expect(await taken).toMatchObject({
      code: 'ERR_GENPOOL_NOT_COMMITTED',
      message: expect.stringContaining(
        'the store was destroyed here while it waited for a lease of cell "x"',
      ) as string,
    })
    expect(clock.timers).toBe(0)
  })
})

import { ExpiredError } from '@genpool/core'
import { RemoteFailures } from '../../src/client/failures'

describe('a deadline that has passed at a node', () => {
  const MS = 1_000_000
  const request = (timeout: number) =>
    ({ createdAt: 0, deadline: timeout * MS, node: { id: 'n1' } }) as Parameters<RemoteFailures['expiredThere']>[0]
  const there = (text: string) => new ExpiredError('orders of the node', 649, true, { says: text }, 649)

  it('is told with the pool and the timeout of the caller, and the reason of the node', () => {
    const error = new RemoteFailures('orders').expiredThere(request(700), there('Took 5 ms: make it faster.'), 702 * MS)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', target: 'orders', waitedMs: 702, started: true })
    expect(error.message).toBe(
      '"orders" did not answer within 700 ms (at node "n1"): the request was running, and its result is discarded. Took 5 ms: make it faster.',
    )
  })

  it('stays as it is if it has another text, as of a node of another version, or its caller would wait for ever', () => {
    const other = Object.assign(there(''), { message: 'too late' })
    expect(new RemoteFailures('orders').expiredThere(request(700), other, 0).message).toBe('too late')
    const forever = new RemoteFailures('orders').expiredThere(request(Infinity), there(''), 0)
    expect(forever.message).toContain('within 649 ms')
  })
})

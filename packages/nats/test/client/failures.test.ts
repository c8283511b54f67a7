import { RemoteFailures } from '../../src/client/failures'

const at = (node: string | null) =>
  ({ node: node === null ? null : { id: node }, mayHaveRun: node === null, createdAt: 0, deadline: 5e6 }) as never
const failures = new RemoteFailures('orders')

describe('the error for a request that was sent', () => {
  it('says where it was, and claims nothing more', () => {
    const texts = [
      failures.expired(at('n1'), 5e6),
      failures.cancelled(at('n1'), undefined),
      failures.stopped(at('n1')),
    ].map(({ message, started }) => [started, message])
    for (const text of texts) {
      expect(text).toEqual([true, expect.stringContaining('was at node "n1", which had not answered')])
      expect(text[1]).not.toContain('was running')
    }
    expect(failures.expired(at(null), 5e6).message).toContain('was at a node, which had not answered')
  })
})

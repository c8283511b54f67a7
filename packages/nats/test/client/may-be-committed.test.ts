import { RemoteFailures } from '../../src/client/failures'

const request = (node: { id: string } | null): never =>
  ({ createdAt: 0, deadline: 5e9, node, mayHaveRun: false }) as never

describe('a client that gives up a request', () => {
  const failures = new RemoteFailures('orders')

  it('says that its node may have committed it, if it was sent', () => {
    const sent = request({ id: 'n1' })
    const errors = [failures.expired(sent, 5e9), failures.cancelled(sent, 'enough'), failures.stopped(sent)]
    for (const error of errors) {
      expect(error).toMatchObject({ started: true, mayBeCommitted: true })
      expect(error.message).toMatch(
        /(may have committed it|may be committed).* Read the state, or make the change repeatable/,
      )
    }
  })

  it('says nothing of that if it was not sent', () => {
    const kept = request(null)
    const errors = [failures.expired(kept, 5e9), failures.cancelled(kept, 'enough'), failures.stopped(kept)]
    for (const error of errors) {
      expect(error).toMatchObject({ started: false, mayBeCommitted: false })
      expect(error.message).not.toMatch(/commit/)
    }
  })
})

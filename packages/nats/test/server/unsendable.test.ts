import { definePool, type InvalidError, reply, spawnPool } from '@genpool/core'
import { type ActorSystemRef, start, stop } from 'nact'
import { readFailure } from '../../src/wire/failures'
import { Kind, openFrame } from '../../src/wire/frames'
import { sentFrame, smallEndpoint } from '../support/endpoint'

const Reports = definePool({
  init: () => ({ n: 0 }),
  calls: {
    function: () => reply({ rows: [() => 1] }),
    large: (_message: object, { n }) => reply('x'.repeat(9000), { n: n + 1 }),
  },
})

describe('an answer that cannot travel', () => {
  let system: ActorSystemRef
  beforeEach(() => (system = start()))
  afterEach(() => stop(system))

  const errorOf = async (kind: Kind, value: unknown): Promise<InvalidError> => {
    const sent: Uint8Array[] = []
    const publish = (_subject: string, data: Uint8Array): void => void sent.push(data)
    const endpoint = smallEndpoint(spawnPool(system, Reports, 'reports'), { name: 'reports', publish })
    endpoint.receive({ data: sentFrame(value, {}, kind), reply: 'inbox.1' })
    await endpoint.idle()
    return readFailure(openFrame(sent[0]!).body, 'node-1') as InvalidError
  }

  it.each([
    ['function', ['rows', 0], 'rows[0]: '],
    ['large', [], 'the whole value: it is larger than the 5000 bytes that may be sent'],
  ])('says what is wrong with it, and that its handler has run: %s', async (type, path, at) => {
    const error = await errorOf(Kind.call, { type })
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_INVALID', faults: [{ path }] })
    expect(error).toMatchObject({ committed: 'maybe', mayBeCommitted: true })
    expect(error.message).toContain(
      'An answer of "reports" was refused; its handler has run, and what it committed stands.\n  at ' + at,
    )
  })

  it.each<[string, Kind, unknown, string]>([
    ['is of a kind that is not known', 99 as Kind, { type: 'large' }, 'the kind of frame 99 is not known here: '],
    ['is larger than the node takes', Kind.call, { type: 'x'.repeat(6000) }, '"maxBytes" is 5000 here'],
  ])('is no matter of a request that %s: nothing was changed', async (_, kind, value, says) => {
    const error = await errorOf(kind, value)
    expect(error).toMatchObject({ committed: false, mayBeCommitted: false })
    expect(error.message).toContain('was refused; nothing was changed.')
    expect(error.message).toContain(says)
  })
})

import { JetStreamApiError } from '@nats-io/jetstream'
import { NO_TRIES } from '../../src/durable/attempts'
import { History, NOTHING_KEPT } from '../../src/durable/history'
import { QueueNames } from '../../src/durable/names'
import type { Publication } from '../../src/durable/publisher'

const names = new QueueNames({ prefix: 'genpool', name: 'q', lanes: 2, domain: undefined })
const overtaken = new JetStreamApiError({ code: 400, err_code: 10071, description: 'wrong last sequence' })

/** Each write is stored by a server that ends before it says so, and is refused when it is sent again. */
function setup(isOurs: boolean) {
  let last: { seq: number; data: Uint8Array } | null = null
  const other = new History(
    { streams: { getMessage: async () => null } } as never,
    {
      store: async ({ frame }: Publication) => ((last = { seq: 5, data: frame.slice() }), { seq: 5, duplicate: false }),
    },
    names,
  )
  const store = async ({ frame }: Publication): Promise<never> => {
    if (isOurs) last = { seq: 5, data: frame.slice() }
    throw overtaken
  }
  const history = new History({ streams: { getMessage: async () => last } } as never, { store }, names)
  return { history, other }
}

describe('what is written down of a cast', () => {
  const noted = { ...NO_TRIES, noted: 2 }

  it('counts if it was stored the first time, and refused the second time', async () => {
    const { history } = setup(true)
    expect(await history.write(1, noted, NOTHING_KEPT)).toEqual({ tries: noted, revision: 5 })
  })

  it('does not count if another consumer was faster, also if that wrote the same', async () => {
    const { history, other } = setup(false)
    await expect(history.write(1, noted, NOTHING_KEPT)).rejects.toBe(overtaken)
    await other.write(1, noted, NOTHING_KEPT)
    await expect(history.write(1, noted, NOTHING_KEPT)).rejects.toBe(overtaken)
  })
})

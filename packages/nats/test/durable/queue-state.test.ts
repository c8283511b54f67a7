import { QueueState } from '../../src/durable/queue-state'

/** How many messages nobody gets, as it seems, of a stream with one lane and three messages from place 2 on. */
const leftovers = (consumer: {
  readonly floor: number
  readonly pending?: number
  readonly unacknowledged?: number
}) => {
  const { floor, pending = 0, unacknowledged = 0 } = consumer
  const subject = { subject: 'any', consumer: 'any' }
  const counts = { num_pending: pending, num_ack_pending: unacknowledged, num_redelivered: 0, num_waiting: 0 }
  const info = { name: 'any', ack_floor: { stream_seq: floor }, config: { filter_subject: 'any' }, ...counts }
  const names = { all: [subject], has: (of: string) => of === 'any' }
  const stream = { state: { messages: 3, first_seq: 2, last_seq: 4 }, config: { num_replicas: 1 } }
  const more = { missing: [], subjects: { any: 3 }, dead: 0, aside: 0 }
  return new QueueState(names, [info as never], stream as never, more).leftovers
}

describe('messages that nobody gets, as it seems', () => {
  it('are those up to which all is acknowledged', () => {
    expect(leftovers({ floor: 4 })).toBe(3)
    expect(leftovers({ floor: 2, pending: 2 })).toBe(1)
  })

  it('are those above, too, if their consumer has nothing to do', () => {
    expect(leftovers({ floor: 1 })).toBe(3)
    expect(leftovers({ floor: 0 })).toBe(3)
  })

  it('are none of a queue that works on from its first message', () => {
    expect(leftovers({ floor: 1, pending: 1, unacknowledged: 1 })).toBe(0)
    expect(leftovers({ floor: 1, pending: 3 })).toBe(0)
  })
})

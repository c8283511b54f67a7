import { codelQueue, dropQueue, fairQueue, timeoutQueue } from '../../src'
import { QueuePlayer } from './queue-player'
import { replay } from './recordings'
import { toFairOptions, toQueueOptions } from './requests'

const leaf = (type: string) => (spec: unknown) => toQueueOptions(type, spec as Record<string, unknown>) as object

describe('the queues against the recordings', () => {
  it('replays the drop queue', () => {
    console.log(replay('drop_queue', () => new QueuePlayer(dropQueue, leaf('drop'))))
  })

  it('replays the timeout queue', () => {
    console.log(replay('timeout_queue', () => new QueuePlayer(timeoutQueue, leaf('timeout'))))
  })

  it('replays the CoDel queue', () => {
    console.log(replay('codel_queue', () => new QueuePlayer(codelQueue, leaf('codel'))))
  })

  it('replays the fair queue', () => {
    console.log(replay('fair_queue', () => new QueuePlayer(fairQueue, toFairOptions)))
  })
})

import { BrokerPlayer } from './broker-player'
import { replay } from './recordings'

describe('the engines against the recordings', () => {
  it('replays the broker', () => {
    console.log(replay('broker', () => new BrokerPlayer()))
  })
})

import { BrokerPlayer } from './broker-player'
import { replay } from './recordings'
import { RegulatorPlayer } from './regulator-player'

describe('the engines against the recordings', () => {
  it('replays the broker', () => {
    console.log(replay('broker', () => new BrokerPlayer()))
  })

  it('replays the regulator', () => {
    console.log(replay('regulator', () => new RegulatorPlayer()))
  })
})

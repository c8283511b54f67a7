import { overloadMeter, underloadMeter } from '../../src'
import { AlarmPlayer, BetterPlayer, PiePlayer, ProtectorPlayer } from './meter-players'
import { replay } from './recordings'

describe('the meters against the recordings', () => {
  it('replays the PIE meter', () => {
    console.log(replay('pie_meter', () => new PiePlayer()))
  })

  it('replays the protector', () => {
    console.log(replay('protector', () => new ProtectorPlayer()))
  })

  it('replays the overload meter', () => {
    console.log(replay('overload_meter', () => new AlarmPlayer(overloadMeter)))
  })

  it('replays the underload meter', () => {
    console.log(replay('underload_meter', () => new AlarmPlayer(underloadMeter)))
  })

  it('replays the better meter', () => {
    console.log(replay('better_meter', () => new BetterPlayer()))
  })
})

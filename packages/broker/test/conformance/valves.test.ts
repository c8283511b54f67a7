import { codelValve, openValve, rateValve, relativeValve } from '../../src'
import { replay } from './recordings'
import { toValveOptions } from './requests'
import { ValvePlayer } from './valve-player'

describe('the valves against the recordings', () => {
  it('replays the open valve', () => {
    console.log(replay('open_valve', () => new ValvePlayer(openValve, toValveOptions)))
  })

  it('replays the rate valve', () => {
    console.log(replay('rate_valve', () => new ValvePlayer(rateValve, toValveOptions)))
  })

  it('replays the relative valve', () => {
    console.log(replay('relative_valve', () => new ValvePlayer(relativeValve, toValveOptions)))
  })

  it('replays the CoDel valve', () => {
    console.log(replay('codel_valve', () => new ValvePlayer(codelValve, toValveOptions)))
  })
})

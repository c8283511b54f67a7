import { recorded } from './recorded'
import { isOpen, RegulatorPlayer, type RegulatorStep } from './regulator-player'
import { OpenValvePlayer, type ValveStep } from './valve-player'

describe('a pool that limits how many members work at once, against the recordings', () => {
  it('runs, queues and drops the same requests as the regulator', async () => {
    let played = 0
    for (const recording of recorded<RegulatorStep>('regulator')) {
      if (isOpen(recording.spec)) played += await new RegulatorPlayer(recording).play()
    }
    expect(played).toBe(1635)
  })

  it('runs as many as the open valve, and is closed when the valve is', async () => {
    let played = 0
    for (const recording of recorded<ValveStep>('open_valve')) played += await new OpenValvePlayer(recording).play()
    expect(played).toBe(12_000)
  })
})

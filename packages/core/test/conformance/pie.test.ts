import { PiePlayer, type PieStep } from './pie-player'
import { ProtectorPlayer, type ProtectorStep } from './protector-player'
import { recorded } from './recorded'

describe('PIE at the door of a pool, against the recordings', () => {
  it('has the recorded probability after each match', async () => {
    let compared = 0
    for (const recording of recorded<PieStep>('pie_meter')) {
      const player = new PiePlayer(recording)
      await player.play()
      compared += player.compared
    }
    expect(compared).toBe(16_000)
  })

  it('refuses the requests that the protector refused', async () => {
    let compared = 0
    for (const recording of recorded<ProtectorStep>('protector'))
      compared += await new ProtectorPlayer(recording).play()
    expect(compared).toBe(1420)
  })
})

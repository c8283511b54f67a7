import fc from 'fast-check'
import { ALWAYS, HandOver, nextMoment } from '../../src/durable/hand-over'

const second = 1000
const at = fc.integer({ min: 0, max: 100_000 })

describe('a cast without a key that is handed over', () => {
  it('comes again at the beginning of the next second, after its wait', () => {
    expect(nextMoment(10_300, 1)).toBe(11_075)
    expect(nextMoment(10_990, 1)).toBe(12_075)
    expect(nextMoment(10_300, 1, 2000)).toBe(13_075)
  })

  it('comes again each five seconds if nobody has known it ten times', () => {
    expect([nextMoment(10_300, 10), nextMoment(10_300, 11), nextMoment(14_990, 11)]).toEqual([11_075, 15_075, 20_075])
  })

  it('comes when nobody asks who gave it back, or any other one like it, lately', () => {
    fc.assert(
      fc.property(
        at,
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.tuple(fc.nat(900), fc.nat(30))),
        (from, times, before) => {
          const handOver = new HandOver()
          let now = from
          for (const [wait, offers] of before) {
            handOver.gaveBack(1 + offers, now)
            now += wait
          }
          handOver.gaveBack(times, now)
          const again = nextMoment(now, times)
          expect(again).toBeGreaterThanOrEqual(now + 75)
          expect(again - now).toBeLessThanOrEqual((times > 10 ? 5 : 1) * second + 150)
          // For as long as it takes to hand it to those who ask.
          for (const later of [0, 50, 150]) expect(handOver.turn(again + later).mayAsk).toBe(false)
          // Requests that wait at the server until then have ended before.
          for (let time = now; time < again; time += 25) {
            const { mayAsk, changesInMs } = handOver.turn(time)
            if (mayAsk) expect(time + changesInMs).toBeLessThanOrEqual(again - 75)
          }
        },
      ),
    )
  })

  it('costs other casts a quarter of the time at first, and a twentieth when nobody has known it for long', () => {
    const shareAside = (times: number): number => {
      const handOver = new HandOver()
      let aside = 0
      for (let now = 0; now < 100 * second; now += 10) {
        if (now % second === 0) handOver.gaveBack(times, now)
        if (!handOver.turn(now).mayAsk) aside++
      }
      return aside / 10_000
    }
    expect([shareAside(1), shareAside(11)]).toEqual([0.25, 0.05])
  })

  it('is forgotten when none has come for a while: all is as before', () => {
    const handOver = new HandOver()
    expect(handOver.turn(0)).toBe(ALWAYS)
    expect(handOver.gaveBack(1, 500)).toBe(true)
    expect(handOver.gaveBack(1, 600)).toBe(false)
    expect(handOver.turn(700)).toEqual({ mayAsk: true, changesInMs: 300 })
    expect(handOver.turn(1100)).toEqual({ mayAsk: false, changesInMs: 150 })
    expect(handOver.turn(20_000)).toBe(ALWAYS)
    expect(handOver.gaveBack(1, 20_000)).toBe(true)
  })
})

import { brokerOptions, createBroker, presets } from '../../src'
import { simulate } from '../simulation/simulation'
import { MS, type Party, party } from './party'

const flood = { seconds: 10, members: () => 8, service: () => 10, rate: () => 1600, patience: 5000 }

describe('presets', () => {
  it.each(Object.entries(presets))('%s is accepted as it is', (_name, options) => {
    expect(brokerOptions.parse(options)).toMatchObject(options)
  })

  it('interactive answers fast in a flood and refuses the rest at once', () => {
    const { goodput, wasted, median, toldAfter } = simulate({ ...flood, broker: presets.interactive })
    expect(goodput).toBeGreaterThan(0.99)
    expect(wasted).toBe(0)
    expect(median).toBeLessThan(50)
    expect(toldAfter).toBeLessThan(1)
  })

  it('background keeps the order and bounds the queue', () => {
    const broker = createBroker<Party, Party>(presets.background, 0)
    for (let i = 0; i < 10_001; i++) broker.ask(party(`${i}`), 0)
    expect(broker.decision.dropped.map(({ reason }) => reason)).toEqual(['max'])
    expect(broker.askR(party('member'), 0)?.name).toBe('0')
  })

  it('batch drops nothing, however long requests wait', () => {
    const broker = createBroker<Party, Party>(presets.batch, 0)
    for (let i = 0; i < 20_000; i++) broker.ask(party(`${i}`), 0)
    broker.timeout(1e9 * MS)
    expect(broker.length).toBe(20_000)
    expect(broker.askR(party('member'), 1e9 * MS)?.name).toBe('0')
  })
})

import { createBroker, fairOptions, presets, queueOptions, Waiting } from '@genpool/broker'
import { parseOptions } from '@genpool/runtime'

class Asker extends Waiting {}

describe('queue options without a type', () => {
  it('are those of a drop queue', () => {
    const dropped = { type: 'drop', order: 'adaptive', dropFrom: 'tail', max: 4 }
    expect(queueOptions.parse({ max: 4 })).toEqual(dropped)
    expect(fairOptions.parse({ queue: { max: 4 } }).queue).toEqual(dropped)
    expect(queueOptions.parse({})).toEqual({ ...dropped, max: Infinity })
  })

  it('bound a broker', () => {
    const broker = createBroker<Asker, Asker>({ client: { max: 1 } }, 0)
    broker.ask(new Asker(0), 0)
    broker.ask(new Asker(0), 0)
    expect(broker.length).toBe(1)
  })

  it('are refused with the kind to name if they are those of another queue', () => {
    expect(() => parseOptions(queueOptions, { target: 5 }, 'options')).toThrow(
      'at the top: unknown key "target" (it belongs to type: "codel"; without "type" this is "drop")',
    )
    expect(() => parseOptions(queueOptions, { by: 'value' }, 'options')).toThrow('type: "fair"')
    expect(() => parseOptions(queueOptions, { min: 5 }, 'options')).toThrow('type: "timeout" or type: "codel"')
    expect(() => parseOptions(queueOptions, { ...presets.interactive.client, type: undefined }, 'options')).toThrow(
      'type: "codel"',
    )
  })
})

import { createBroker, InvalidError, Waiting } from '../../src'
import { OptionsError } from '@genpool/runtime'

class Party extends Waiting {
  constructor(
    readonly name: string,
    sentAt = 0,
  ) {
    super(sentAt)
  }
}

const party = (name: string, sentAt = 0) => new Party(name, sentAt)

describe('createBroker', () => {
  it('lets a request wait until a member asks for work', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const request = party('request')
    expect(broker.ask(request, 0)).toBeNull()
    expect(broker.length).toBe(1)
    expect(broker.askR(party('member'), 5)).toBe(request)
    expect(broker.length).toBe(0)
    expect(broker.lengthR).toBe(0)
  })

  it('lets an idle member wait until a request comes', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const member = party('member')
    expect(broker.askR(member, 0)).toBeNull()
    expect(broker.lengthR).toBe(1)
    expect(broker.ask(party('request'), 5)).toBe(member)
    expect(broker.lengthR).toBe(0)
  })

  it('says why a request was dropped, how long it waited and how many still wait', () => {
    const broker = createBroker<Party, Party>({ client: { type: 'drop', max: 1, dropFrom: 'head' } }, 0)
    const [old, young] = [party('old', 3), party('young', 10)]
    broker.ask(old, 3)
    expect(broker.ask(young, 10)).toBeNull()
    expect(broker.decision.dropped).toEqual([{ entry: old, reason: 'max', sojourn: 7, waiting: 0 }])
    expect([broker.length, broker.decision.droppedR]).toEqual([1, []])
    expect(broker.askR(party('member'), 11)).toBe(young)
    expect(broker.decision.dropped).toEqual([])
  })

  it('drops a request that asks not to wait when no member waits', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const [request, member] = [party('request'), party('member')]
    expect(broker.nbAsk(request, 0)).toBeNull()
    expect(broker.decision.dropped.map((drop) => [drop.entry, drop.reason])).toEqual([[request, 'busy']])
    expect(broker.nbAskR(member, 0)).toBeNull()
    expect(broker.decision.droppedR.map((drop) => [drop.entry, drop.reason])).toEqual([[member, 'busy']])
  })

  it('skips a party that died while it waited', () => {
    const dead = new Set<Party>()
    const broker = createBroker<Party, Party>({}, 0, { isAlive: (entry) => !dead.has(entry) })
    const parties = ['a', 'b', 'c'].map((name) => party(name))
    for (const each of parties) broker.ask(each, 0)
    dead.add(parties[0]!).add(parties[1]!)
    expect(broker.askR(party('member'), 1)).toBe(parties[2])
    expect(broker.length).toBe(0)
  })

  it('forgets a request that is removed or cancelled', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const parties = ['a', 'b', 'c', 'd'].map((name) => party(name))
    parties[1]!.tag = parties[2]!.tag = 'tag'
    for (const each of parties) broker.ask(each, 0)
    expect(broker.remove(parties[0]!, 1)).toBe(true)
    expect(broker.remove(parties[0]!, 1)).toBe(false)
    expect(broker.cancel('tag', 1)).toBe(2)
    expect(broker.cancel('tag', 1)).toBe(0)
    expect(broker.askR(party('member'), 2)).toBe(parties[3])
  })

  it('refuses an entry that is already queued, and changes nothing', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const request = party('request')
    broker.ask(request, 0)
    expect(() => broker.ask(request, 0)).toThrow(InvalidError)
    expect(() => broker.ask(request, 0)).toThrow('it is already queued; an entry can be in only one queue')
    expect(broker.length).toBe(1)
    expect(broker.askR(party('member'), 1)).toBe(request)
  })

  it('refuses a time before that of the last call, with both times', () => {
    const broker = createBroker<Party, Party>({}, 5)
    expect(() => broker.ask(party('request'), 4)).toThrow(
      'the clock runs backwards: this call is at 4 ns, and the one before was at 5 ns. Give times of a monotonic clock',
    )
    expect(broker.length).toBe(0)
  })

  it('keeps waiting entries when its options change, and ignores wrong options', () => {
    const broker = createBroker<Party, Party>({}, 0)
    const parties = ['a', 'b', 'c'].map((name) => party(name))
    for (const each of parties) broker.ask(each, 0)
    expect(() => broker.configure({ client: { type: 'drop', max: -1 } }, 1)).toThrow(OptionsError)
    expect(broker.length).toBe(3)
    broker.configure({ client: { type: 'drop', order: 'lifo', max: 2 } }, 1)
    expect(broker.decision.dropped.map((drop) => drop.entry)).toEqual([parties[2]])
    expect(broker.askR(party('member'), 2)).toBe(parties[1])
  })

  it('refuses a time before the last one, and continues to serve', () => {
    const broker = createBroker<Party, Party>({}, 100)
    const request = party('request')
    broker.ask(request, 200)
    expect(() => broker.askR(party('member'), 199)).toThrow(/clock runs backwards/)
    expect(() => broker.timeout(NaN)).toThrow(InvalidError)
    expect(() => broker.configure({ client: { type: 'drop', max: 0 } }, 1)).toThrow(InvalidError)
    expect(broker.length).toBe(1)
    expect(broker.askR(party('member'), 200)).toBe(request)
  })
})

import type { Key } from '@genpool/core'
import { virtualClock } from '@genpool/runtime/testing'
import { inspectRemote } from '../../src/client/inspect-remote'
import { RemoteClient } from '../../src/client/remote-client'
import { remotePoolOptions } from '../../src/client/remote-options'
import { FakeNetwork } from '../support/fake-network'

/** A client of two nodes whose requests take 300 ms, and a key that the first of them has. */
const setup = async () => {
  const clock = virtualClock()
  const network = new FakeNetwork(clock, [['slow'], ['slow']])
  const options = { name: 'n', prefix: 'p', clock, random: () => 0.5 }
  const client = new RemoteClient(network.connection, remotePoolOptions.parse(options))
  await clock.advance(20)
  const [old] = network.nodes
  const isOf = (key: string): boolean => client.roster.ofKey(`s${key}`)?.id === old!.id
  const key = Array.from({ length: 20 }, (_, i) => `key-${i}`).find(isOf)!
  const ask = (message: string, timeout = 5000): Promise<unknown> =>
    client.ask('call', message, { key, timeout }).catch(({ code }: { code: string }) => code)
  const ran = (): unknown[] => [...network.runs.keys()]
  return { clock, network, client, old: old!, key, ask, ran }
}

describe('the messages of a key when its node leaves', () => {
  it('wait until those at the old node are answered, and go on at the new one, in order', async () => {
    const { clock, network, client, old, key, ask, ran } = await setup()
    const first = ask('first')
    await clock.advance(50)
    network.leave(old)
    await clock.advance(50)
    const second = ask('second')
    client.cast('a cast', { key })
    const third = ask('third')
    await clock.advance(100)
    expect(ran()).toEqual(['first'])
    expect(inspectRemote(client, clock.now())).toMatchObject({ inFlight: 3, waiting: 3 })
    await clock.advance(150)
    expect(await first).toBe('first')
    expect(ran()).toEqual(['first', 'second', 'third'])
    await clock.advance(400)
    expect(await Promise.all([second, third])).toEqual(['second', 'third'])
    expect(inspectRemote(client, clock.now())).toMatchObject({ inFlight: 0, waiting: 0 })
  })

  it('move in the same way when it is paused, and back when it goes on', async () => {
    const { clock, network, client, old, key, ask, ran } = await setup()
    const first = ask('first')
    await clock.advance(50)
    network.pause(old)
    await clock.advance(50)
    const second = ask('second')
    await clock.advance(100)
    expect(ran()).toEqual(['first'])
    expect(client.roster.ofKey(`s${key}`)?.id).not.toBe(old.id)
    await clock.advance(150)
    expect([await first, ran()]).toEqual(['first', ['first', 'second']])
    network.resume(old)
    await clock.advance(5)
    expect(client.roster.ofKey(`s${key}`)?.id).toBe(old.id)
    const third = ask('third')
    await clock.advance(50)
    expect(ran()).toEqual(['first', 'second'])
    await clock.advance(800)
    expect([await second, await third]).toEqual(['second', 'third'])
  })

  it('are one key if their keys have the same content: they go to the same node', async () => {
    const { clock, network, client } = await setup()
    const published = jest.spyOn(network.connection, 'publish')
    const sendsTo = async (key: Key): Promise<string[]> => {
      published.mockClear()
      client.cast('message', { key })
      await clock.settle()
      return published.mock.calls.map(([subject]) => subject)
    }
    const nodes = new Set<string>()
    for (let i = 0; i < 20; i++) {
      const to = await sendsTo({ a: i, b: [1] })
      expect(to).toHaveLength(1)
      expect(await sendsTo({ b: [1], a: i })).toEqual(to)
      nodes.add(to[0]!)
    }
    expect(nodes.size).toBe(2)
  })

  it.each<[string, Key, RegExp]>([
    [
      'an instance without content',
      new URLSearchParams('a=1'),
      /option "key" .* an instance of URLSearchParams has no content/,
    ],
    ['an instance that does not travel as it is', new URL('http://a'), /arrives as another key/],
  ])('are refused if a node would get another key: %s', async (_, key, says) => {
    const { client } = await setup()
    await expect(client.ask('call', 'message', { key })).rejects.toThrow(says)
  })

  it('do not hold up those of other keys', async () => {
    const { clock, network, client, old, ask, ran } = await setup()
    void ask('first')
    await clock.advance(50)
    network.leave(old)
    await clock.advance(50)
    void ask('second')
    void client.ask('call', 'other', { key: 'another key' })
    await clock.advance(20)
    expect(ran()).toEqual(['first', 'other'])
  })

  it('go on when the call before them is given up, and leave when they are', async () => {
    const { clock, network, old, ask, ran } = await setup()
    const first = ask('first', 200)
    await clock.advance(50)
    network.leave(old)
    await clock.advance(50)
    const second = ask('second', 20)
    const third = ask('third')
    await clock.advance(50)
    expect(await second).toBe('ERR_GENPOOL_EXPIRED')
    await clock.advance(200)
    expect(await first).toBe('ERR_GENPOOL_EXPIRED')
    expect(ran()).toEqual(['first', 'third'])
    await clock.advance(400)
    expect(await third).toBe('third')
  })

  it('go on when their node dies: what it had may have run', async () => {
    const { clock, network, old, ask, ran } = await setup()
    const first = ask('first')
    await clock.advance(50)
    network.kill(old)
    const second = ask('second')
    await clock.advance(2000)
    expect(await first).toBe('ERR_GENPOOL_UNREACHABLE')
    expect(await second).toBe('second')
    expect(ran()).toEqual(['first', 'second'])
  })

  it.each(['stop', 'close'] as const)('have their outcome, too, when the client ends: %s', async (end) => {
    const { clock, network, client, old, key, ask, ran } = await setup()
    const first = ask('first')
    await clock.advance(50)
    network.leave(old)
    await clock.advance(50)
    const second = ask('second')
    client.cast('a cast', { key })
    if (end === 'stop') client.stop()
    else network.close()
    await clock.advance(10)
    const code = end === 'stop' ? 'ERR_GENPOOL_STOPPED' : 'ERR_GENPOOL_UNREACHABLE'
    expect([await first, await second]).toEqual([code, code])
    expect(ran()).toEqual(['first'])
    expect(client.counts.lostCasts).toBe(1)
    expect(inspectRemote(client, clock.now())).toMatchObject({ inFlight: 0, waiting: 0 })
  })
})

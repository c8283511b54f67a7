import { isGenPoolError, OptionsError } from '@genpool/runtime'
import { type Ref, stop } from 'nact'
import { askR, length, lengthR } from '../../src'
import { MS, query, clock, broker, listener, tell, handleAll } from './parties'

describe('a broker as an actor, by messages', () => {
  it('matches two actors and tells each about the other', async () => {
    const met = broker()
    const [client, member] = [listener('client'), listener('member')]
    tell(met as never, { type: 'ask', value: 1, tag: 't' }, client.ref as never)
    await clock.advance(5)
    tell(met as never, { type: 'askR', value: 2 }, member.ref as never)
    await handleAll()
    expect(client.told).toMatchObject([{ type: 'go', tag: 't', value: 2, relativeTime: 5 * MS, sojournTime: 5 * MS }])
    expect(member.told).toMatchObject([{ type: 'go', value: 1, relativeTime: -5 * MS, sojournTime: 0 }])
    expect((member.told[0] as { ref: Ref<never> }).ref).toMatchObject({ name: 'client' })
  })

  it('answers drop, await, cancelled, length and changed', async () => {
    const met = broker({ client: { type: 'drop', max: 1 } })
    const client = listener('client')
    const messages = [
      { type: 'dynamicAsk', tag: 1 },
      { type: 'nbAsk', tag: 2 },
      { type: 'ask', tag: 3 },
      { type: 'length' },
      { type: 'cancel', tag: 1 },
      { type: 'lengthR' },
      { type: 'changeConfig', options: { client: { type: 'drop' } } },
    ]
    for (const message of messages) tell(met as never, message, client.ref as never)
    await handleAll()
    expect(client.told).toMatchObject([
      { type: 'await', tag: 1 },
      { type: 'drop', tag: 2, reason: 'busy' },
      { type: 'drop', tag: 3, reason: 'max', queueLength: 1 },
      { type: 'length', length: 1 },
      { type: 'cancelled', tag: 1, count: 1 },
      { type: 'lengthR', length: 0 },
      { type: 'changed', changes: [{ path: 'client.max', from: 1, to: Infinity }] },
    ])
  })

  it('answers an unknown message with a typed error, and continues', async () => {
    const met = broker()
    const client = listener('client')
    const wrong = [{ type: 'aks' }, 'hello', null, { type: 'ask', timeout: -5, tag: 9 }, { type: 'ask', max: 1 }]
    for (const message of wrong) tell(met as never, message, client.ref as never)
    tell(met as never, { type: 'changeConfig', options: { client: { type: 'drop', max: 0.5 } } }, client.ref as never)
    tell(met as never, { type: 'length' }, client.ref as never)
    await handleAll()
    const errors = client.told.slice(0, 6) as { type: string; error: Error }[]
    expect(errors.map(({ type }) => type)).toEqual(Array(6).fill('failed'))
    expect(errors.slice(0, 5).every(({ error }) => isGenPoolError(error, 'ERR_GENPOOL_INVALID'))).toBe(true)
    expect(errors[3]?.error.message).toContain('timeout')
    expect(isGenPoolError(errors[5]?.error, 'ERR_GENPOOL_OPTIONS')).toBe(true)
    expect(client.told[6]).toEqual({ type: 'length', length: 0 })
  })

  it('answers queries about matches, drops and lengths, and nothing after their timeout', async () => {
    const met = broker({ client: { type: 'drop', max: 1 } })
    const waiting = query(met as never, { type: 'ask', value: 'a' }, 50)
    await expect(query(met as never, { type: 'ask', value: 'b' }, 50)).rejects.toMatchObject({ reason: 'max' })
    expect(await query(met as never, { type: 'length' }, 50)).toEqual({ type: 'length', length: 1 })
    expect(await query(met as never, { type: 'askR', value: 'm' }, 50)).toMatchObject({ value: 'a' })
    expect(await waiting).toMatchObject({ value: 'm' })
    expect(await query(met as never, () => ({ type: 'lengthR' }), 50)).toEqual({ type: 'lengthR', length: 0 })
    await expect(query(met as never, { type: 'ask' }, -1)).rejects.toBeInstanceOf(OptionsError)
    const late = expect(query(met as never, { type: 'ask', value: 'c' }, 50)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_EXPIRED',
    })
    await clock.advance(60)
    await late
    expect(length(met)).toBe(0)
  })

  it('never matches an actor that stopped while it waited, nor a later one with its name', async () => {
    const met = broker()
    const gone = listener('client')
    tell(met as never, { type: 'ask', value: 'gone', tag: 1, timeout: 100 }, gone.ref as never)
    await handleAll()
    stop(gone.ref)
    const again = listener('client')
    expect(length(met)).toBe(1)
    const waiting = askR(met, 'm')
    await handleAll()
    expect([length(met), lengthR(met), again.told]).toEqual([0, 1, []])
    tell(met as never, { type: 'ask', value: 'here' }, again.ref as never)
    expect(await waiting).toMatchObject({ value: 'here' })
    await handleAll()
    expect(clock.timers).toBe(0)
  })
})

import { virtualClock } from '@genpool/runtime/testing'
import { Incoming } from '../../src/durable/incoming'
import { Told } from '../../src/durable/told'

/* What a server hears of casts, and hears once more after it was killed. */
function toldServer() {
  const clock = virtualClock()
  const heard: string[] = []
  const hear = (reply: string, bytes: Uint8Array) =>
    void heard.push(`${reply.split('.')[5]} ${Buffer.from(bytes).toString()}`)
  const told = new Told({ connection: { publish: hear } as never, clock, now: () => clock.now() / 1e6 })
  const cast = (seq: number) => {
    const reply = `$JS.ACK.stream.later.1.${seq}.${seq}.1700000000000000000.0`
    const message = { reply, data: new Uint8Array(), respond: (bytes: Uint8Array) => (hear(reply, bytes), true) }
    return Incoming.of(message as never)!
  }
  return { clock, heard, told, cast }
}

describe('a server that was killed', () => {
  it('hears again what was said of each cast last, and when it is to come is as before', async () => {
    const { clock, heard, told, cast } = toldServer()
    const at = clock.now() / 1e6
    told.again(cast(1), at + 900)
    told.again(cast(2), at + 900)
    told.done(cast(1))
    expect(heard).toEqual(['1 -NAK {"delay":900000000}', '2 -NAK {"delay":900000000}', '1 +ACK'])
    heard.length = 0
    await clock.advance(600)
    told.repeat()
    expect(heard).toEqual(['1 +ACK', '2 -NAK {"delay":300000000}'])
  })

  it('hears nothing that is old, or of another stream', async () => {
    const { clock, heard, told, cast } = toldServer()
    told.done(cast(1))
    await clock.advance(6000)
    told.done(cast(2))
    heard.length = 0
    told.repeat()
    expect(heard).toEqual(['2 +ACK'])
    told.forget()
    told.repeat()
    expect(heard).toEqual(['2 +ACK'])
  })
})

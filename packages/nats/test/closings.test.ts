import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable } from '@genpool/nats'
import { start, stop } from 'nact'
import { onClosed } from '../src/closings'
import { endJetStream, startJetStream } from './support/jetstream'
import { connectTo } from './support/server'

afterAll(endJetStream)

/** A connection's promise of its end, which counts who waits for it. */
function counted() {
  let end = (): void => undefined
  const over = new Promise<void>((resolve) => (end = resolve))
  const seen = { waiting: 0 }
  const closed = (): Promise<void> =>
    ({
      then: (...told: Parameters<Promise<void>['then']>) => {
        seen.waiting++
        return over.then(...told)
      },
    }) as Promise<void>
  return { closed, end, seen }
}

describe('the end of a connection', () => {
  it('is told to all that wait, each time that they do, and to none that waits no more', async () => {
    const { closed, end, seen } = counted()
    const connection = { closed }
    const told: string[] = []
    const same = (): void => void told.push('same')
    onClosed(connection, same)
    const forget = onClosed(connection, same)
    onClosed(connection, () => told.push('other'))
    forget()
    end()
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual(['same', 'other'])
    expect(seen.waiting).toBe(1)
    // It is told at once to who comes later.
    onClosed(connection, () => told.push('late'))
    await new Promise((resolve) => setImmediate(resolve))
    expect(told).toEqual(['same', 'other', 'late'])
  })

  it('is waited for once, however often a queue is consumed and left', async () => {
    const connection = await connectTo(await startJetStream())
    const { closed, seen } = counted()
    Object.defineProperty(connection, 'closed', { value: closed })
    const system = start()
    const pool = spawnPool(system, definePool({ casts: { send: () => noReply() } }), 'mails', { state: 'isolated' })
    const jobs = await durable(connection, { name: 'q', storage: 'memory' })
    for (let i = 0; i < 10; i++) await (await jobs.consume(pool as never)).stop()
    expect(seen.waiting).toBe(1)
    stop(system)
    await connection.close()
  })
})

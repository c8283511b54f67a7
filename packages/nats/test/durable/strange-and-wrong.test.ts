import { definePool, noReply, spawnPool } from '@genpool/core'
import { durable, type Durable } from '@genpool/nats'
import { jetstreamManager } from '@nats-io/jetstream'
import { startJetStream } from '../support/jetstream'
import { connectTo, startServer } from '../support/server'
import { until } from '../support/until'
import { connection, consume, consumers, deliveries, doneAre, type Mails, open, system } from '../support/mails'

describe('what is no cast of ours', () => {
  it('in the stream becomes a dead letter, and stops nobody', async () => {
    const jobs = await open({ keepUnknown: 0 })
    const { name } = jobs
    for (const [i, bytes] of [
      new Uint8Array(),
      Buffer.from('nonsense'),
      Buffer.from([0x6a, 1, 0, 8]),
      Buffer.from([0x6a, 9, 0, 0, 0]),
    ].entries()) {
      connection.publish(`genpool.${name}.jobs.${i % 2 ? 'any' : 'key.1'}`, bytes)
    }
    connection.publish(`genpool.${name}.jobs.later`, 'nonsense')
    await jobs.cast({ type: 'unknown' })
    await jobs.cast(5)
    await jobs.cast({ type: 'send', to: 'good' })
    const consumer = await consume(jobs)
    await doneAre(1)
    await until(() => consumer.inspect().dead === 7, `seven died, but ${consumer.inspect().dead}`)
    const letters = await jobs.dead()
    expect(letters.filter(({ readable }) => readable).map(({ message }) => message)).toEqual([{ type: 'unknown' }, 5])
    expect(new Set(letters.map(({ code }) => code))).toEqual(new Set(['ERR_GENPOOL_INVALID']))
    const unreadable = letters.find(({ readable }) => !readable)!
    await expect(jobs.retry(unreadable)).rejects.toThrow(/its bytes are no durable cast.*delete it with discard\(\)/s)
    expect(await jobs.dead({ limit: 2 })).toHaveLength(2)
    expect(await jobs.dead({ after: letters[4]!.seq })).toHaveLength(2)
    await until(async () => (await jobs.inspect()).inHand === 0, 'nothing is left in hand')
  })
})

describe('a stream that somebody has given a bound', () => {
  it('is said to be full, with what to do, and keeps what it has', async () => {
    const jobs = await open()
    const jsm = await jetstreamManager(connection as never)
    await jsm.streams.update(`genpool_${jobs.name}_jobs`, { max_msgs: 1 })
    await jobs.cast({ type: 'send', to: 'a' })
    const refused = await jobs.cast({ type: 'send', to: 'b' }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ code: 'ERR_GENPOOL_UNREACHABLE', mayHaveRun: false })
    expect(String(refused)).toMatch(
      /The queue is full: 1 waiting, 0 in hand, 0 held back\. Consume faster, .*max_msgs.* The cast is not stored\./,
    )
    expect(await jobs.inspect()).toMatchObject({ waiting: 1 })
  })
})

describe('a cast without a message', () => {
  it('is refused, and nothing is stored', async () => {
    const jobs = await open()
    await expect((jobs.cast as () => Promise<unknown>).call(jobs)).rejects.toMatchObject({
      code: 'ERR_GENPOOL_INVALID',
      message: expect.stringMatching(/it is undefined: .*\{ type: .* \}/) as string,
    })
    expect(await jobs.inspect()).toMatchObject({ waiting: 0 })
  })
})

describe('a cast without a type', () => {
  const cast = (jobs: Durable, message: unknown) => (jobs.cast as (message: unknown) => Promise<unknown>)(message)

  it.each([null, 'x', 5, [], {}, { type: 5 }])(
    'is refused while a consumer here would bury it: %j',
    async (message) => {
      const jobs = await open()
      const consumer = await consume(jobs)
      const refused = cast(jobs, message)
      await expect(refused).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
      await expect(refused).rejects.toThrow(/at type: expected a message with a type.*consumers in this process/)
      expect(await jobs.inspect()).toMatchObject({ waiting: 0, inHand: 0 })
      // Nobody here knows any more what is consumed.
      await consumer.stop()
      await expect(cast(jobs, message)).resolves.toMatchObject({ seq: 1 })
    },
  )

  it('is stored for a pool that takes anything', async () => {
    const jobs = await open()
    const taken: unknown[] = []
    const Anything = definePool({
      handleCast: (message: unknown) => {
        taken.push(message)
        return noReply()
      },
    })
    const pool = spawnPool(system, Anything as never, 'anything', { size: 1 })
    consumers.push(await jobs.consume(pool as never))
    for (const message of [null, 'x', {}]) await cast(jobs, message)
    await until(() => taken.length === 3, 'all are done')
    expect(taken).toEqual([null, 'x', {}])
  })
})

describe('a cast that is larger than the server takes', () => {
  it('is refused with what is left of max_payload, and why', async () => {
    const small = await startJetStream('max_payload: 20000')
    const jobs = await durable(await connectTo(small), { name: 'q' })
    await jobs.cast('x'.repeat(11_000))
    const refused = String(await jobs.cast('x'.repeat(12_000)).catch((error: unknown) => error))
    expect(refused).toMatch(/larger than the 11808 bytes .* takes 20000 \(max_payload\), and 8192 of them are kept/)
  })
})

describe('what somebody else has written', () => {
  it('among the dead letters is listed as unreadable; beside the attempts it counts as nothing', async () => {
    const jobs = await open({ maxDeliver: 2, ackWait: 600, backoff: { initial: 5 } })
    const { name } = jobs
    connection.publish(`genpool.${name}.dead.1`, 'nonsense')
    connection.publish(`genpool.${name}.tries.1`, 'nonsense')
    await until(async () => (await jobs.dead()).length === 1, 'it is listed')
    const [strange] = await jobs.dead()
    expect(strange).toMatchObject({ id: '', message: undefined, readable: false, code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.retry(strange!)).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    expect(await jobs.discard(strange!)).toBe(true)
    const consumer = await consume(jobs)
    await jobs.cast({ type: 'send', to: 'fail' }, { id: 'x' })
    await until(async () => (await jobs.dead()).length === 1, 'the cast died')
    expect((await jobs.dead())[0]).toMatchObject({ id: 'x', reason: 'no mailbox "fail"' })
    // Its first failure could not be kept, so the server has delivered it again.
    expect(consumer.inspect().left).toBe(1)
  })
})

describe('types', () => {
  it('a queue of a behaviour takes its messages, and no others', async () => {
    const jobs = await durable<typeof Mails>(connection, { name: 'typed', storage: 'memory' })
    await jobs.cast({ type: 'send', to: 'a' })
    // @ts-expect-error: there is no such message
    await jobs.cast({ type: 'sent', to: 'a' })
    // @ts-expect-error: it has no such field
    await jobs.cast({ type: 'send', whom: 'a' })
    // @ts-expect-error: an id is a text
    await expect(jobs.cast({ type: 'send', to: 'a' }, { id: 5 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    expect(await jobs.inspect()).toMatchObject({ waiting: 3 })
  })
})

describe('a consumer that stops', () => {
  it('aborts what still runs after its time, and others do that at once', async () => {
    const jobs = await open()
    const slow = await consume(jobs, { size: 1 })
    await jobs.cast({ type: 'send', to: 'slow', ms: 1000 }, { id: 's' })
    await until(() => slow.inspect().inHand === 1, 'it runs')
    await slow.stop({ within: 10 })
    expect(slow.inspect()).toMatchObject({ inHand: 0, again: 0, cutShort: 1, stopping: true })
    await consume(jobs)
    await until(() => deliveries.some(({ id, attempt }) => id === 's' && attempt === 2), 'another one does it')
    await until(async () => (await jobs.inspect()).inHand === 0, 'it is acknowledged')
  })

  it('ends an attempt that takes too long, which counts as failed', async () => {
    const jobs = await open({ maxDeliver: 2, backoff: { initial: 5 } })
    await consume(jobs, { timeout: 30 })
    await jobs.cast({ type: 'send', to: 'endless', ms: 500 })
    await until(async () => (await jobs.dead()).length === 1, 'it is dead')
    expect((await jobs.dead())[0]).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', attempts: 2 })
  })
})

describe('misuse', () => {
  it('is refused with what to do', async () => {
    await expect(durable(connection, { name: 'a b' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(durable({} as never, { name: 'ab' })).rejects.toThrow('connection given to durable')
    const jobs = await open()
    await expect(durable(connection, { name: jobs.name, lanes: 5 })).rejects.toThrow('"lanes" is fixed')
    await expect(durable(connection, { name: jobs.name, lanes: 4, ackWait: 900 })).rejects.toThrow('"ackWait" is fixed')
    await expect(jobs.cast({ type: 'send' }, { ids: 5 } as never)).rejects.toThrow('did you mean "id"')
    await expect(jobs.cast({ type: 'send' }, { delay: 5000, expires: 5000 })).rejects.toThrow(
      'expires: expected more than "delay"',
    )
    await expect(jobs.cast({ type: 'send' }, { id: 'a\nb' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    await expect(jobs.cast({ run: () => 5 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.cast({ bytes: new Uint8Array(1_100_000) })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
    await expect(jobs.consume({} as never)).rejects.toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    const wrong = (options: object, says: string) =>
      expect(durable(connection, { name: 'bounds', ...options })).rejects.toThrow(says)
    await wrong({ duplicates: 1e15 }, 'duplicates: expected milliseconds from 100 to 1000000000000')
    await wrong({ keepDead: 1 }, 'keepDead: expected milliseconds from 100 to 1000000000000 or Infinity, got 1')
    await wrong({ keepDead: 1e300 }, 'keepDead: expected milliseconds from 100 to 1000000000000 or Infinity')
    await wrong({ timeout: 1e10 }, 'timeout: expected milliseconds from 1 to 2147483647')
    await wrong({ attempts: 3 }, 'unknown key "attempts" (did you mean "maxDeliver"?)')
    await wrong({ visibilityTimeout: 3 }, 'unknown key "visibilityTimeout" (did you mean "ackWait"?)')
    await expect(jobs.cast({ type: 'send' }, { jobId: 'a' } as never)).rejects.toThrow('did you mean "id"?')
    await expect(jobs.consume({} as never, { concurrency: 4 } as never)).rejects.toThrow('did you mean "atMost"?')
    await wrong({ name: 'x'.repeat(65) }, 'expected a name of 1 to 64 letters, digits, - and _')
    await expect(jobs.cast({ type: 'send' }, { delay: 1e15 })).rejects.toThrow('milliseconds from 0 to 1000000000000')
    await expect(jobs.cast({ type: 'send' }, { expires: 1e15 })).rejects.toThrow('> 0 and <= 10000000000000')
    await expect(jobs.cast({ type: 'send' }, { id: 'a\nb' })).rejects.toThrow('in one line')
    await expect(jobs.retry({} as never)).rejects.toThrow('expected a dead letter')
  })

  it('a server without JetStream is an error that says so', async () => {
    const plain = await connectTo(await startServer())
    await expect(durable(plain, { name: 'none', timeout: 300 })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_UNREACHABLE',
      mayHaveRun: false,
      message: expect.stringContaining('JetStream') as string,
    })
  })
})

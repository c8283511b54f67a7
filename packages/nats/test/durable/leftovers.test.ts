import { hides, KilledQueue } from '../support/killed-queue'
import { until } from '../support/until'

/* What a server that was killed brings back, though it is done. */
let queue: KilledQueue
beforeEach(() => (queue = new KilledQueue()))
afterEach(() => queue.end())

describe('casts that are done and come back', () => {
  it('do not count as old, do not fill the queue, and are deleted', async () => {
    const jobs = await queue.begin()
    await queue.castAll(jobs, 0, 400)
    await queue.look(jobs)
    const bringBack = await queue.kept()
    const before = queue.done.size
    const consumer = await queue.consume(jobs)
    await until(() => queue.done.size > 200, 'half is done')
    await consumer.stop()
    await bringBack()
    const areCounted = async (): Promise<boolean> => {
      const { waiting, inHand, leftovers } = await queue.asked(() => jobs.inspect())
      return waiting + inHand === 400 - queue.done.size && leftovers === queue.done.size - before
    }
    await until(areCounted, 'what is done and what is not are counted')
    // Nobody consumes: what takes the room is said.
    const { config } = await queue.jsm.streams.info('genpool_q_jobs')
    await queue.jsm.streams.update('genpool_q_jobs', { ...config, max_msgs: (await queue.state()).messages })
    expect((await jobs.explain()).text).toContain('take room though nobody gets them')
    const refused = await jobs.cast({ type: 'work', n: 400 }).catch(String)
    expect(refused).toMatch(/The queue is full: \d+ waiting, .* \d+ that came back with a server that was killed/)
    const next = await queue.consume(jobs)
    await until(() => queue.done.size === 400, 'all are done')
    await until(() => queue.isCalm(jobs, 60), 'few stay in the stream')
    expect(next.inspect().cleared).toBeGreaterThan(0)
    expect(await jobs.inspect()).toMatchObject({ oldestMs: 0 })
    await jobs.cast({ type: 'work', n: 400 })
    await until(() => queue.done.size === 401, 'there is room')
  })

  it('with the end of all processes are deleted by the next one', async () => {
    let jobs = await queue.begin()
    await queue.castAll(jobs, 0, 300, () => undefined)
    await queue.look(jobs)
    const bringBack = await queue.kept()
    const consumer = await queue.consume(jobs)
    await until(() => queue.done.size > 200, 'most are done')
    await consumer.stop()
    await bringBack()
    jobs = await queue.opened(await queue.connected())
    const next = await queue.consume(jobs)
    await until(() => queue.done.size === 300, 'all are done')
    await until(() => queue.isCalm(jobs, 60), 'few stay in the stream')
    expect(next.inspect().cleared).toBeGreaterThan(0)
  })

  it('and may not be deleted: the consumer says what to allow, and deletes them when it may', async () => {
    const users = (deny: string): string =>
      `authorization { users = [{ user: all, password: x }, { user: none, password: x, permissions: { publish: { deny: "${deny}" } } }] }`
    await queue.begin(users('$JS.API.STREAM.MSG.DELETE.>'), { user: 'all', pass: 'x' })
    const connection = await queue.connected({ user: 'none', pass: 'x' })
    const jobs = await queue.opened(connection)
    await queue.castAll(jobs, 0, 300, () => undefined)
    await queue.look(jobs)
    const bringBack = await queue.kept()
    const consumer = await queue.consume(jobs)
    await until(() => queue.done.size > 200, 'most are done')
    await bringBack()
    await until(() => queue.done.size === 300, 'all are done')
    await until(() => consumer.inspect().trouble !== null, 'it says so')
    expect(consumer.inspect().trouble).toMatch(/cannot be deleted: .*MSG\.DELETE\.genpool_q_jobs/)
    expect((await jobs.explain()).text).toContain('take room')
    await until(async () => (await jobs.inspect()).inHand === 0, 'nothing is in hand')
    expect(await jobs.inspect()).toMatchObject({ waiting: 0, oldestMs: 0 })
    // What is merely not certain at this moment may not be deleted either.
    const listens = hides(connection, 'STREAM.MSG.GET.genpool_q_jobs')
    const unsure = await jobs.inspect()
    listens()
    expect(unsure).toMatchObject({ leftovers: 0, trouble: expect.stringContaining('cannot be deleted') })
    await queue.server.configure((config) => config.replace(users('$JS.API.STREAM.MSG.DELETE.>'), users('nothing')))
    await until(() => queue.isCalm(jobs, 60), 'few stay in the stream')
    await until(() => consumer.inspect().trouble === null, 'the trouble is over')
  })
})

import { call, cast, idle, inspect, isGenPoolError, map, ready, spawnPool } from '@genpool/core'
import { remotePool, serve } from '@genpool/nats'
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dispatch, query, spawn, stop } from 'nact'
import { VERSION } from '../src/version'
import { limitsOf } from './support/limits'
import { connectTo, startServer } from './support/server'
import { held, aborted, Orders, connection, system, node, remote } from './support/orders'
import { until } from './support/until'

/** nact's dispatch, whose third argument its types leave out. */
const dispatchFrom = dispatch as (to: unknown, message: unknown, from: unknown) => void

describe('a remote pool', () => {
  it('answers call, cast, query, dispatch and map like a pool of this process', async () => {
    await node('basic', { size: 4 })
    const orders = remote('basic')
    expect(await call(orders, { type: 'add', value: 5 })).toBe(5)
    expect(cast(orders, { type: 'put', value: 10 })).toEqual({ ok: true })
    expect(await query(orders, { type: 'add', value: 1 }, 1000)).toBe(16)
    dispatch(orders, { type: 'put', value: 4 })
    expect(await call(orders, { type: 'add', value: 0 }, { timeout: 1000 })).toBe(20)
    expect(
      await map(
        orders,
        [1, 2, 3].map((value) => ({ type: 'echo' as const, value })),
      ).toArray(),
    ).toEqual([1, 2, 3])
    // @ts-expect-error a wrong message does not compile
    await expect(call(orders, { type: 'wrong' })).rejects.toMatchObject({ code: 'ERR_GENPOOL_INVALID' })
  })

  it('listens once to a signal of many calls, and to none when they have their outcomes', async () => {
    await node('signals')
    const orders = remote('signals')
    const { signal } = new AbortController()
    const listeners = () => getEventListeners(signal, 'abort').length
    const calls = Array.from({ length: 20 }, (_, value) => call(orders, { type: 'echo', value }, { signal }))
    expect(listeners()).toBe(1)
    await Promise.all(calls)
    expect(listeners()).toBe(0)
  })

  it('listens once to a signal of many waits', async () => {
    await node('waits')
    const orders = remote('waits')
    const running = call(orders, { type: 'hold' })
    const controller = new AbortController()
    const { signal } = controller
    await until(() => held.length === 1, 'it runs')
    const waits = Array.from({ length: 12 }, () => idle(orders, { signal }).catch((e: unknown) => e))
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    controller.abort()
    for (const error of await Promise.all(waits)) expect(error).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
    held[0]!.open()
    await running
  })

  it('cancels all calls of a signal', async () => {
    await node('cancelled', { size: 20 })
    const orders = remote('cancelled')
    const controller = new AbortController()
    const { signal } = controller
    const calls = Array.from({ length: 20 }, () => call(orders, { type: 'hold' }, { signal }).catch((e: unknown) => e))
    controller.abort('enough')
    for (const error of await Promise.all(calls)) expect(error).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED' })
  })

  it('sends the answer of a dispatched call to its sender', async () => {
    await node('sender')
    const orders = remote('sender')
    const got = new Promise((resolve) => {
      const asker = spawn(system, (_: unknown, message: unknown, ctx) => {
        if (message === 'go') dispatchFrom(orders, { type: 'add', value: 7 }, ctx.self)
        else resolve(message)
        return null
      })
      dispatch(asker, 'go' as never)
    })
    expect(await got).toBe(7)
  })

  it('carries what structured clone carries, both ways', async () => {
    await node('clone')
    const value = {
      at: new Date(5),
      set: new Set([1n]),
      map: new Map([['a', undefined]]),
      bytes: new Uint8Array([1, 2]),
    }
    expect(await call(remote('clone'), { type: 'echo', value })).toStrictEqual(value)
  })

  it('makes the error of a node again: class, code, fields, and its causes as information', async () => {
    const [, service] = await node('errors')
    const orders = remote('errors')
    const error: unknown = await call(orders, { type: 'fail', message: 'no stock' }).catch((e: unknown) => e)
    if (!isGenPoolError(error, 'ERR_GENPOOL_CRASHED')) throw new Error('it is another error')
    expect(error).toMatchObject({ type: 'fail', node: service.id, name: 'CrashedError' })
    expect(error.cause).toMatchObject({ name: 'TypeError', message: 'no stock' })
    expect((error.cause as Error).cause).toMatchObject({ message: 'inner', code: 'ENO' })
  })

  it('tells progress while a call runs', async () => {
    await node('progress')
    const told: unknown[] = []
    const orders = remote('progress')
    expect(await call(orders, { type: 'steps' }, { onProgress: (value) => told.push(value) })).toBe('done')
    expect(told).toEqual([{ step: 1 }, { step: 2 }, { step: 3 }])
  })

  it('gives up at its deadline, and the handler sees it; the budget travels with the request', async () => {
    await node('deadline', { size: 2 })
    const orders = remote('deadline')
    const error: unknown = await call(orders, { type: 'hold' }, { timeout: 1000 }).catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_EXPIRED', started: true, target: 'deadline' })
    // Whoever was first, this client or the node, which had a little less time.
    expect((error as Error).message).toMatch(/^"deadline" did not answer within 1000 ms\b/)
    await until(() => aborted.length === 1, 'it is there')
    const answer = call(orders, { type: 'hold' }, { timeout: 60_000 })
    await until(() => held.length === 2, 'it is there')
    held[1]!.open()
    expect(await answer).toBeGreaterThan(30_000)
    expect(await answer).toBeLessThanOrEqual(60_000)
  })

  it('aborts the handler when its caller aborts', async () => {
    await node('abort')
    const orders = remote('abort')
    const controller = new AbortController()
    const answer = call(orders, { type: 'hold' }, { signal: controller.signal })
    await until(() => held.length === 1, 'it is there')
    controller.abort('enough')
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', cause: 'enough' })
    await until(() => aborted.length === 1, 'it is there')
    expect(aborted[0]).toMatchObject({ code: 'ERR_GENPOOL_CANCELLED', cause: 'enough' })
    await expect(call(orders, { type: 'echo', value: 1 }, { signal: controller.signal })).rejects.toMatchObject({
      code: 'ERR_GENPOOL_CANCELLED',
      started: false,
    })
  })

  it('passes priorities and keys on', async () => {
    await node('priority', { size: 1, broker: { client: { type: 'drop', max: 2 } } })
    const orders = remote('priority')
    const first = call(orders, { type: 'hold' })
    await until(() => held.length === 1, 'it is there')
    const low = call(orders, { type: 'echo', value: 'low' }, { priority: 1 }).catch((e: unknown) => e)
    const middle = call(orders, { type: 'echo', value: 'middle' }, { priority: 2, key: 'k' })
    const high = call(orders, { type: 'echo', value: 'high' }, { priority: 3, key: { tenant: 1 } })
    expect(await low).toMatchObject({ code: 'ERR_GENPOOL_DROPPED' })
    held[0]!.open()
    expect(await Promise.all([middle, high])).toEqual(['middle', 'high'])
    await first
  })

  it('shows its nodes, what they say of themselves, and what this client has there', async () => {
    const [, one] = await node('look', { size: 3 })
    const [, two] = await node('look', { size: 5 })
    const orders = remote('look')
    await ready(orders)
    await until(() => inspect(orders).nodes.length === 2, 'it is there')
    await Promise.all(Array.from({ length: 50 }, (_, value) => call(orders, { type: 'echo', value })))
    const seen = inspect(orders)
    expect(seen).toMatchObject({ name: 'look', connected: true, inFlight: 0, calls: 50, answered: 50, failed: {} })
    expect(new Set(seen.nodes.map(({ id }) => id))).toEqual(new Set([one.id, two.id]))
    expect(seen.nodes.map(({ size }) => size).sort()).toEqual([3, 5])
    expect(seen.nodes.reduce((sum, { answered }) => sum + answered, 0)).toBe(50)
    expect(Math.min(...seen.nodes.map(({ answered }) => answered))).toBeGreaterThan(0)
    // Nodes say a little later that all is done.
    await until(() => limitsOf(orders).length === 0, 'it is there')
    expect(one.inspect()).toMatchObject({ id: one.id, size: 3, requests: { bad: 0 } })
  })

  it('shows for each node how long its answers, their way and its handlers took, as percentiles', async () => {
    const [, service] = await node('times', { size: 2 })
    const orders = remote('times')
    const answers = Array.from({ length: 20 }, (_, value) => call(orders, { type: 'echo', value }))
    const slow = call(orders, { type: 'hold' })
    await Promise.all(answers)
    await until(() => held.length === 1, 'it is there')
    const openedAt = performance.now()
    // Longer than any way has taken, on a slow machine, too.
    await until(() => performance.now() - openedAt > 100 + inspect(orders).nodes[0]!.roundTrip.max, 'it is there')
    held[0]!.open()
    await slow
    const { nodes, answer } = inspect(orders)
    expect(answer).toMatchObject({ count: 21 })
    expect(answer.max).toBeGreaterThan(100)
    expect(nodes[0]!.answer).toMatchObject({ count: 21 })
    expect(nodes[0]!.answer.max).toBeGreaterThan(100)
    // The time at the node is no part of its way; the question that found the node is one more.
    expect(nodes[0]!.roundTrip.count).toBeGreaterThanOrEqual(21)
    expect(nodes[0]!.roundTrip.max).toBeLessThan(nodes[0]!.answer.max)
    expect(service.inspect()).toMatchObject({ answer: { count: 21 } })
    expect(service.inspect().answer.max).toBeGreaterThan(100)
    await until(() => inspect(orders).nodes[0]!.runP99Ms > 100, 'it is there')
  })

  it('has the version of its package', () => {
    const file = join(__dirname, '../package.json')
    expect(VERSION).toBe((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version)
  })

  it('leaves within its time, too, while its server is gone and a call runs', async () => {
    const own = await startServer()
    const nc = await connectTo(own, { maxReconnectAttempts: -1, reconnectTimeWait: 50 })
    const pool = spawnPool(system, Orders, 'local-leaves', { size: 1 })
    const service = await serve(pool, nc, { name: 'leaves' })
    const orders = remotePool<typeof Orders>(system, nc, { name: 'leaves' })
    const answer = call(orders, { type: 'hold' }).catch((error: unknown) => error)
    await until(() => held.length === 1, 'it is there')
    await own.kill()
    await until(() => !inspect(orders).connected, 'it is there')
    await service.stop({ within: 400 })
    // It has not waited for the call.
    expect(inspect(pool).members.busy).toBe(1)
    stop(orders)
    expect(await answer).toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
  })

  it('ends with its address, and so do its subscriptions', async () => {
    await node('ends', { size: 1 })
    const orders = remote('ends')
    const answer = call(orders, { type: 'hold' })
    await until(() => held.length === 1, 'it is there')
    stop(orders)
    await expect(answer).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED', started: true })
    await expect(call(orders, { type: 'echo', value: 1 })).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    await until(() => aborted.length === 1, 'it is there')
    expect(aborted[0]).toMatchObject({ cause: expect.stringContaining('stopped') as string })
    const { protocol } = connection as unknown as { protocol: { subscriptions: { subs: Map<number, unknown> } } }
    expect(protocol.subscriptions.subs.size).toBe(0)
  })
})

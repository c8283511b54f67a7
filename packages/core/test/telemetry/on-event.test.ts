import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { cast, inspect, onEvent, OptionsError, type PoolRef, spawnPool } from '@genpool/core'
import { start, stop } from 'nact'
import { clock } from '../virtual-system'
import { offs, heard, Worker, spawned, work } from './heard'

describe('onEvent', () => {
  it('distinguishes pools with the same name, and ends when its function is called', async () => {
    const other = start()
    const [one, two] = [spawned(), spawnPool(other, Worker, 'pool', { size: 1, clock })]
    const events: PoolRef[] = []
    const off = onEvent('genpool:request:settled', ({ ref }) => void events.push(ref), { pool: two })
    await Promise.all([work(one, 0), work(two, 0), clock.advance(1)])
    expect(events).toEqual([two])
    off()
    off()
    await Promise.all([work(two, 0), clock.advance(1)])
    expect(events).toHaveLength(1)
    stop(other)
  })

  it('reports an error of a listener to onCallbackError; the pool and other listeners are not affected', async () => {
    const errors: unknown[] = []
    const pool = spawned({ onCallbackError: (error) => void errors.push((error as Error).message) })
    offs.push(
      onEvent('genpool:request:settled', () => {
        throw new Error('bad listener')
      }),
    )
    const events = heard('genpool:request:settled')
    const answers = [work(pool, 5), work(pool, 5)]
    await clock.advance(20)
    expect(await Promise.all(answers)).toEqual(['done', 'done'])
    expect(events).toHaveLength(2)
    expect(errors).toEqual(['bad listener', 'bad listener'])
  })

  it('leaves an error of a plain subscriber as an uncaught exception, outside the pool', () => {
    // In a process of its own: an uncaught exception ends the one that runs the tests.
    const program = `
      const { subscribe } = require('node:diagnostics_channel')
      const { start, stop } = require('nact')
      const { call, definePool, inspect, reply, spawnPool } = require('@genpool/core')
      const uncaught = []
      process.on('uncaughtException', (error) => uncaught.push(error.message))
      subscribe('genpool:request:settled', () => { throw new Error('bad subscriber') })
      const system = start()
      const pool = spawnPool(system, definePool({ calls: { get: () => reply('got') } }))
      Promise.all([call(pool, { type: 'get' }), call(pool, { type: 'get' })]).then((answers) => {
        setImmediate(() => {
          console.log(JSON.stringify({ answers, uncaught, busy: inspect(pool).members.busy }))
          stop(system)
        })
      })`
    const args = ['-r', './.ci/register.cjs', '-e', program]
    const { stdout } = spawnSync(process.execPath, args, { cwd: join(__dirname, '../../../..'), encoding: 'utf8' })
    expect(JSON.parse(stdout)).toEqual({
      answers: ['got', 'got'],
      uncaught: ['bad subscriber', 'bad subscriber'],
      busy: 0,
    })
  })

  it('lets a listener use the pool of the event', async () => {
    const pool = spawned({ size: 2, broker: { client: { type: 'drop', max: 2 } } })
    const answers: Promise<unknown>[] = []
    const again = (): void => {
      if (answers.length >= 40) return
      answers.push(work(pool, 5), work(pool, 5))
      cast(pool, { type: 'note' })
    }
    const names = ['genpool:request:settled', 'genpool:drop', 'genpool:member:start', 'genpool:member:crash'] as const
    let depth = 0
    for (const name of names) {
      offs.push(
        onEvent(name, () => {
          if (depth > 0) return
          depth++
          again()
          depth--
        }),
      )
    }
    answers.push(...[1, 2, 3, 4, 5, 6].map((ms) => work(pool, ms, { fail: ms === 3 })))
    await clock.advance(1000)
    await Promise.all(answers)
    const { outcomes, accepted, waiting, members } = inspect(pool)
    expect(Object.values(outcomes).reduce((sum, count) => sum + count)).toBe(accepted)
    expect({ waiting, members }).toEqual({ waiting: 0, members: { idle: 2, busy: 0, starting: 0 } })
  })

  it('refuses an unknown event, a wrong listener and a wrong pool', () => {
    const pool = spawned()
    const nothing = (): undefined => undefined
    expect(() => onEvent('genpool:drops' as never, nothing)).toThrow(
      /no event "genpool:drops"; the events are .*genpool:drop,/,
    )
    expect(() => onEvent('genpool:drop', 'listener' as never)).toThrow(OptionsError)
    expect(() => onEvent('genpool:drop', nothing, { pool: {} as never })).toThrow(OptionsError)
    expect(inspect(pool).phase).toBe('running')
  })
})

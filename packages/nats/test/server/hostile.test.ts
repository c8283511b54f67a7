import { definePool, isGenPoolError, noReply, reply, spawnPool } from '@genpool/core'
import fc from 'fast-check'
import { type ActorSystemRef, start, stop } from 'nact'
import type { Endpoint } from '../../src/server/endpoint'
import { ownBodies } from '../../src/wire/codec'
import { readFailure } from '../../src/wire/failures'
import { type Frame, Kind, openFrame } from '../../src/wire/frames'
import { sentFrame, smallEndpoint } from '../support/endpoint'
import { hostileErrors, hostileValues, type Make } from '../support/hostile'

/** What the handlers throw and answer: made by the test. */
let make: Make = () => undefined

const Odd = definePool({
  init: () => ({ balance: { eur: 1 } }),
  calls: {
    throws: () => {
      throw make()
    },
    rejects: () => Promise.reject(make() as Error),
    fails: (_message: object, _state: unknown, ctx) => {
      ctx.from.fail(make() as Error)
      return noReply()
    },
    answers: () => reply(make()),
    tells: (_message: object, _state: unknown, ctx) => {
      ctx.progress(make())
      return reply(1)
    },
    pays: () =>
      reply('paid', (draft: { balance: { eur: number } }) => {
        throw new Error('not enough', { cause: draft.balance })
      }),
  },
})

describe('a node whose handlers throw and answer what is hard to look at', () => {
  let system: ActorSystemRef
  let endpoint: Endpoint
  let answered: (frame: Frame) => void = () => undefined
  let calls = 0

  beforeAll(() => {
    system = start()
    const pool = spawnPool(system, Odd, 'odd', { size: 2, restart: { intensity: 1e6 } })
    endpoint = smallEndpoint(pool, { name: 'odd', publish: (_subject, data) => answered(openFrame(data)) })
  })
  afterAll(() => stop(system))

  const outcomeOf = (type: string): Promise<unknown> =>
    new Promise((resolve) => {
      answered = ({ kind, body }) => {
        if (kind === Kind.answer) resolve(ownBodies.read(body))
        if (kind === Kind.failure) resolve(readFailure(body, 'node-1'))
      }
      const data = sentFrame({ type }, { budgetMs: 9000, wantsProgress: true })
      endpoint.receive({ data, reply: `inbox.${calls++}` })
    })

  it.each(['throws', 'rejects', 'fails'])('answers with an error if one %s', async (type) => {
    await fc.assert(
      fc.asyncProperty(hostileErrors, async (making) => {
        make = making
        expect(isGenPoolError(await outcomeOf(type))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it.each(['answers', 'tells'])('has an outcome if one %s', async (type) => {
    await fc.assert(
      fc.asyncProperty(hostileValues, async (making) => {
        make = making
        await outcomeOf(type)
      }),
      { numRuns: 200 },
    )
  })

  it('tells of an error with a part of a draft that has ended', async () => {
    expect(await outcomeOf('pays')).toMatchObject({ cause: { message: 'not enough', cause: expect.any(Error) } })
  })
})

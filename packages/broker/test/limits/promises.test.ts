import { createBroker, type EngineOptions } from '../../src'
import { Job } from './model'

const jobOf = (id: number): Job => new Job({ id, tenant: 'a', user: undefined, cost: 1 }, id)
const late = (): never => Promise.reject(new Error('late')) as never

describe('a promise where limits expect a value', () => {
  it.each<[string, EngineOptions]>([
    ['by', { limits: { by: late, concurrency: 1 } }],
    ['by', { rate: { limit: 1, by: late } }],
    ['by', { client: { type: 'fair', by: late } }],
    ['by', { client: { type: 'fair', by: { hash: 4, property: 'then' } }, limits: { by: late } }],
    ['cost', { rate: { limit: 1, cost: late } }],
  ])('as "%s" refuses the message, and its rejection ends no process', (path, options) => {
    const broker = createBroker<Job, Job>(options, 0)
    const refused = expect.objectContaining({
      code: 'ERR_GENPOOL_INVALID',
      faults: [{ path: [path], message: expect.stringContaining('got a promise') }],
    })
    expect(() => broker.ask(jobOf(0), 0)).toThrow(refused)
    expect(broker.length).toBe(0)
  })

  it('as a weight counts as 1, and its rejection ends no process', () => {
    const broker = createBroker<Job, Job>({ limits: { by: 'tenant', weight: late } }, 0)
    for (const id of [0, 1]) broker.ask(jobOf(id), 0)
    expect([broker.take(1), broker.take(1)].map((job) => job?.task.id)).toEqual([0, 1])
  })

  it('is told apart from a function that throws, whose name the error says', () => {
    const cost = (): number => {
      throw new Error('no price')
    }
    const broker = createBroker<Job, Job>({ rate: { limit: 1, cost } }, 0)
    expect(() => broker.ask(jobOf(0), 0)).toThrow('at cost: the function "cost" threw: no price')
  })
})

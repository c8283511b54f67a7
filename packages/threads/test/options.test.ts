import {
  type Behaviour,
  call,
  type OptionsError,
  type PoolRef,
  ready,
  spawnPool,
  type TaskProtocol,
} from '@genpool/core'
import { type ThreadOptions, threads } from '@genpool/threads'
import { type ActorSystemRef, start, stop } from 'nact'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import type Counter from './fixtures/counter'

const fixture = (name: string): string => join(__dirname, 'fixtures', name)

let system: ActorSystemRef
beforeEach(() => {
  system = start()
  jest.spyOn(console, 'log').mockImplementation(() => undefined)
})
afterEach(() => {
  stop(system)
  jest.restoreAllMocks()
})

async function startFailure(name: string, options: ThreadOptions = {}): Promise<Error> {
  const restart = { backoff: { min: 1, max: 2 }, intensity: 1 }
  const pool = spawnPool(system, threads<Behaviour>(fixture(name), options), 'pool', { size: 1, restart } as never)
  const stopped = await ready(pool as PoolRef).then(
    () => undefined,
    (error: { cause: { cause: Error } }) => error.cause.cause,
  )
  return stopped as Error
}

describe('threads', () => {
  it.each([
    ['./work.js', 'expected the URL of a file'],
    [new URL('https://example.org/work.js'), 'expected the URL of a file'],
    [5, 'expected the URL of a file'],
    [join(__dirname, 'nowhere.js'), 'there is no file'],
  ])('refuses %s as a module', (url, message) => {
    expect(() => threads(url as string)).toThrow(message)
  })

  it('names an option that is wrong', () => {
    const wrong = (options: object) => () => threads(fixture('double.cjs'), options)
    expect(wrong({ prefetch: 0 })).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as OptionsError)
    expect(wrong({ prefetch: 65 })).toThrow('prefetch')
    expect(wrong({ resourceLimits: { maxOldGenerationSizeMb: -1 } })).toThrow('maxOldGenerationSizeMb')
    expect(wrong({ spair: 1 })).toThrow('spair')
  })

  it('refuses a state that cannot be in threads, before anything is started', () => {
    const behaviour = threads<typeof Counter>(fixture('counter.ts'))
    const validate = (): boolean => true
    expect(() => spawnPool(system, behaviour, 'pool', { state: { type: 'isolated', validate } })).toThrow(
      'cannot be sent',
    )
    expect(() => spawnPool(system, behaviour, 'pool', { size: 1, state: 'isolated' })).not.toThrow()
  })

  it('has the types of the module', () => {
    const url = fixture('counter.ts')
    const counter: typeof Counter = threads<typeof Counter>(url)
    const task: Behaviour<TaskProtocol<number, string>> = threads<(task: number) => Promise<string>>(url)
    // @ts-expect-error -- a number is no behaviour
    const wrong: Behaviour = threads<number>(url)
    expect([counter, task, wrong]).toHaveLength(3)
  })

  it('says which exports there are if the wanted one is missing or no behaviour, and does not try again', async () => {
    expect((await startFailure('many.ts')).message).toContain('It exports "notOne", "triple"')
    expect((await startFailure('many.ts', { export: 'quadruple' })).message).toContain('export "quadruple"')
  })

  it('tells what a module threw that cannot be loaded', async () => {
    const error = await startFailure('broken.ts')
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('this module is broken')
  })

  it('passes workerData, env and argv on, and sends output where it should go', async () => {
    const lines: string[] = []
    const stdout = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk))
        done()
      },
    })
    const options = { workerData: { a: 1 }, env: { B: '2' }, argv: ['c'], stdout }
    const url = pathToFileURL(fixture('environment.cjs'))
    const pool = spawnPool(system, threads<(task: string) => unknown>(url, options), 'pool', { size: 1 })
    expect(await call(pool, 'hello')).toEqual({ data: { a: 1 }, b: '2', argv: 'c', isMainThread: false })
    while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(lines.join('')).toBe('hello\n')
  })
})

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
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { MessageChannel, SHARE_ENV } from 'node:worker_threads'
import { moduleFile } from '../src/loading/module-file'
import type Counter from './fixtures/counter'
import { system } from './fixtures/quiet-system'
import { until } from './fixtures/until'

const fixture = (name: string): string => join(__dirname, 'fixtures', name)

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
  it('refuses a variable of the environment with the name __proto__', () => {
    const env = JSON.parse('{ "__proto__": "x" }') as Record<string, string>
    expect(() => threads(fixture('counter'), { env })).toThrow('at env.__proto__: nothing can have this name')
  })

  it.each([
    ['./work.js', 'expected the URL of a file'],
    [new URL('https://example.org/work.js'), 'expected the URL of a file'],
    [5, 'expected the URL of a file'],
    [join(__dirname, 'nowhere.js'), 'there is no file'],
  ])('refuses %s as a module', (url, message) => {
    expect(() => threads(url as string)).toThrow(message)
  })

  it('takes the module in TypeScript that the path of one in JavaScript stands for', async () => {
    const pool = spawnPool(system, threads<typeof Counter>(fixture('counter.js')), 'source', { size: 1 })
    await expect(ready(pool)).resolves.toBeUndefined()
  })

  it('says that the module in TypeScript is there if nothing reads it', () => {
    expect(() => moduleFile(fixture('counter.js'), () => false)).toThrow(
      /there is no file ".*counter\.js", but there is ".*counter\.ts", and nothing was found that reads TypeScript\. Compile it/,
    )
  })

  it('names an option that is wrong', () => {
    const wrong = (options: object) => () => threads(fixture('double.cjs'), options)
    expect(wrong({ prefetch: 0 })).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as OptionsError)
    expect(wrong({ prefetch: 65 })).toThrow('prefetch')
    expect(wrong({ stayAwake: -1 })).toThrow('stayAwake')
    expect(wrong({ stayAwake: 11 })).toThrow('stayAwake')
    expect(wrong({ resourceLimits: { maxOldGenerationSizeMb: -1 } })).toThrow('maxOldGenerationSizeMb')
    expect(wrong({ spair: 1 })).toThrow('spair')
  })

  const detached = (): ArrayBuffer => {
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    return buffer
  }
  it.each<[string, object, string]>([
    [
      'a function in workerData',
      { workerData: { list: [{ f: () => 1 }] } },
      'at workerData.list[0].f: it is a function',
    ],
    ['a port in workerData', { workerData: new MessageChannel().port1 }, 'at workerData: the MessagePort'],
    ['a detached buffer in workerData', { workerData: { bytes: detached() } }, 'at workerData.bytes: the ArrayBuffer'],
    ['a flag that Node does not know', { execArgv: ['--nope'] }, 'at execArgv'],
    ['a flag of the process', { execArgv: ['--max-old-space-size=100'] }, 'at execArgv'],
    ['flags in NODE_OPTIONS', { env: { NODE_OPTIONS: '--nope' } }, 'at env.NODE_OPTIONS'],
    ['a function in env', { env: { A: () => 1 } }, 'at env'],
    ['a symbol as env', { env: Symbol('mine') }, 'at env'],
    ['an argument that is no text', { argv: [Object.create(null)] }, 'at argv[0]'],
    [
      'a stack so small that the process would end',
      { resourceLimits: { stackSizeMb: 0.1 } },
      'at resourceLimits.stackSizeMb',
    ],
    ['a stream that has ended', { stdout: new Writable().end() }, 'at stdout: expected true or false'],
    ['something else than a stream', { stderr: { write: () => true } }, 'at stderr'],
  ])('refuses %s, and names the option', (_, options, message) => {
    let error: unknown
    try {
      threads(fixture('double.cjs'), options)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining(message) as string })
  })

  it('takes flags, SHARE_ENV and arguments that Node takes', async () => {
    const argv = ['a', 1, new URL('file:///b')]
    const options = {
      execArgv: ['--no-warnings'],
      env: SHARE_ENV,
      argv,
      resourceLimits: { stackSizeMb: 0.5 },
      stdout: false,
    }
    const pool = spawnPool(system, threads<(task: string) => unknown>(fixture('environment.cjs'), options), 'pool', {
      size: 1,
    })
    expect(await call(pool, 'hello')).toMatchObject({ argv: 'a', isMainThread: false })
  })

  it.each(['isolated', 'shared'] as const)(
    'whose workerData is spoilt later stop their pool, and say why: %s',
    async (state) => {
      const workerData: Record<string, unknown> = {}
      const behaviour = threads<Behaviour>(fixture('double.cjs'), { workerData })
      workerData['f'] = () => 1
      const pool = spawnPool(system, behaviour, 'pool', { size: 1, state, broker: {} } as never)
      await expect(ready(pool)).rejects.toMatchObject({
        code: 'ERR_GENPOOL_STOPPED',
        cause: { cause: { code: 'ERR_GENPOOL_OPTIONS', message: expect.stringContaining('workerData.f') as string } },
      })
      expect(() => spawnPool(system, threads(fixture('double.cjs')), 'pool')).not.toThrow()
    },
  )

  it('refuses a state that cannot be in threads, before anything is started', () => {
    const behaviour = threads<typeof Counter>(fixture('counter.ts'))
    const validate = (): boolean => true
    expect(() => spawnPool(system, behaviour, 'pool', { state: { type: 'isolated', validate } })).toThrow(
      'a check belongs to a state that all members share. Set "state.type" to "shared", or check in the handler',
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
    await until(() => lines.length !== 0)
    expect(lines.join('')).toBe('hello\n')
  })
})

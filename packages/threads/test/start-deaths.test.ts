import { call, explain, inspect, onEvent, type PoolOptions, ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { system } from './fixtures/quiet-system'
import { until } from './fixtures/until'

let folder: string
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'genpool-start-'))))
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0
function poolOf(text: string, { restart, ...options }: PoolOptions = {}) {
  const file = join(folder, `work-${++count}.mjs`)
  writeFileSync(file, `${text}\nexport default async (x) => x`)
  return spawnPool(system, threads<(x: number) => number>(file), 'pool', {
    size: 1,
    timeout: 50_000,
    ...options,
    restart: { attempts: 2, backoff: { min: 1, max: 1 }, ...restart },
  })
}

const failureOf = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  )

const REFUSED = "const connect = async () => { throw new Error('ECONNREFUSED 10.0.0.7:6379') }; connect()"

describe('a thread that dies as it starts', () => {
  it.each([
    ['of a rejection that nobody handles', REFUSED, 'ECONNREFUSED 10\\.0\\.0\\.7:6379'],
    ['by process.exit', 'process.exit(7)', 'its thread ended with the code 7'],
    ['by process.exit in a timer', 'setTimeout(() => process.exit(7), 0)', 'its thread ended with the code 7'],
    ['of null in a timer', 'setTimeout(() => { throw null }, 0)', 'what was thrown in its thread is no error: null'],
    ['of an error in a timer', "setTimeout(() => { throw new Error('tick') }, 0)", 'tick'],
  ])('%s has failed to start, and the pool stops after restart.attempts', async (_, text, cause) => {
    const pool = poolOf(text)
    await ready(pool).catch(() => undefined)
    await until(() => inspect(pool).phase === 'stopped')
    expect(await failureOf(call(pool, 1))).toMatch(
      new RegExp(`gave up: its members died as they started, 2 times in a row: ${cause}`),
    )
  })

  it('is waited for as after an init that failed, and explained as what it is', async () => {
    const pool = poolOf(REFUSED, { restart: { backoff: { min: 1_000_000, max: 1_000_000 } } })
    let retryInMs: number | null = null
    onEvent('genpool:init:fail', (event) => (retryInMs = event.retryInMs), { pool })
    await until(() => inspect(pool).starts.failures === 1)
    expect(retryInMs).toBeGreaterThan(700_000)
    const [finding, ...others] = explain(pool).findings
    expect(finding!.says).toMatch(/1 member in a row has died as it started, .* the last one of: ECONNREFUSED/)
    expect(others).toEqual([])
    expect(await failureOf(call(pool, 1, { timeout: 20 }))).toMatch(/died as it started.*ECONNREFUSED/)
  })

  it('is told by the error of ready', async () => {
    expect(await failureOf(ready(poolOf(REFUSED)))).toMatch(/died as they started, 2 times in a row: ECONNREFUSED/)
  })

  it('is told as well if it was to make the shared state', async () => {
    const pool = poolOf(`process.exit(7)`, { state: 'shared' })
    expect(await failureOf(ready(pool))).toMatch(
      /its init failed 2 times in a row: its thread died as it started: its thread ended with the code 7/,
    )
  })
})

describe('the error of a module that does not load in a thread', () => {
  const cases: readonly (readonly [what: string, text: string, error: RegExp])[] = [
    [
      'says that a top-level await never settles',
      'await new Promise(() => {})',
      /a top-level await in the module ".*\.mjs" never settles: nothing is left in its thread that it could wait for/,
    ],
    ['shows null', 'throw null', /its init failed once: the module ".*\.mjs" threw what is no error: null/],
    ['shows undefined', 'throw undefined', /the module ".*\.mjs" threw what is no error: undefined/],
    ['shows a text', "throw 'no config'", /the module ".*\.mjs" threw what is no error: 'no config'/],
    [
      'shows an object',
      "throw { status: 503, message: 'no config' }",
      /threw what is no error: \{ status: 503, message: 'no config' \}/,
    ],
  ]
  it.each(cases)('%s', async (_, text, error) => {
    expect(await failureOf(ready(poolOf(text, { restart: { attempts: 1 } })))).toMatch(error)
  })
})

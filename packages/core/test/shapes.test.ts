import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const ROOT = join(__dirname, '../../..')

/** What is done between collections, by what it is called. */
const WORK = {
  'a class without objects': `(() => {
    class Short { constructor(n) { this.n = n } }
    const sum = (all) => { let sum = 0; for (const { n } of all) sum += n; return sum }
    return () => sum(Array.from({ length: 20000 }, (_, n) => new Short(n)))
  })()`,
  calls: 'many(((pool) => (n) => call(pool, { type: "ask", n }))(spawn()))',
  'calls that change the state': 'many(((pool) => () => call(pool, { type: "next" }))(spawn()))',
  'calls of an async handler': 'many(((pool) => (n) => call(pool, { type: "later", n }))(spawn()))',
  'calls with keys': 'many(((pool) => (n) => call(pool, { type: "ask", n }, { key: n % 50 }))(spawn()))',
  'calls that share': 'many(((pool) => (n) => call(pool, { type: "ask", n }, { share: n % 50 }))(spawn()))',
  'calls under limits': `many(((pool) => (n) => call(pool, { type: "ask", n, key: n % 50 }))(
    spawn({ limits: { by: "key", concurrency: 100 } })))`,
  'calls that wait for their limit': `many(((pool) => (n) => call(pool, { type: "ask", n, key: n % 50 }))(
    spawn({ limits: { by: "key", concurrency: 1 } })))`,
  'calls of many keys': `many(((pool) => (n) => call(pool, { type: "ask", n, key: n }))(
    spawn({ limits: { by: "key", concurrency: 1 } })))`,
  'calls under a rate': 'many(((pool) => (n) => call(pool, { type: "ask", n }))(spawn({ rate: { limit: 1e9 } })))',
  'calls under a rate of each key': `many(((pool) => (n) => call(pool, { type: "ask", n, key: n % 50 }))(
    spawn({ rate: { by: "key", limit: 1e9, interval: 1 } })))`,
  casts: 'many(((pool) => (n) => cast(pool, { type: "tell", n }))(spawn()))',
  'casts that replace each other': 'many(((pool) => (n) => cast(pool, { type: "tell" }, { latest: n % 50 }))(spawn()))',
  queries: 'many(((pool) => (n) => nact.query(pool, { type: "ask", n }, 5000))(spawn()))',
  'queries of a plain function': `many(((pool) => (n) => nact.query(pool, { n }, 5000))(
    spawnPool(system, (state, _msg, ctx) => (nact.dispatch(ctx.sender, 1), state))))`,
  'a broker of its own':
    'many(((broker) => (n) => Promise.all([ask(broker, n), askR(broker, n)]))(spawnBroker(system)))',
}

/** The functions whose compiled code V8 throws away in a garbage collection, for each kind of work. In a process of its own. */
function lostCode(): Readonly<Record<string, readonly string[]>> {
  const program = `
    const { definePool, reply, noReply, spawnPool, call, cast } = require('./packages/core/src')
    const { spawnBroker, ask, askR } = require('./packages/broker/src')
    const nact = require('nact')
    const system = nact.start()
    const Work = definePool({
      init: () => ({ count: 0 }),
      calls: {
        ask: ({ n }) => reply(n),
        next: (_msg, { count }) => reply(1, { count: count + 1 }),
        later: async ({ n }) => (await null, reply(n)),
      },
      casts: { tell: () => noReply() },
    })
    const spawn = (options) => spawnPool(system, Work, undefined, { size: 4, ...options })
    const many = (send) => async () => void (await Promise.all(Array.from({ length: 2000 }, (_, n) => send(n))))
    const all = { ${Object.entries(WORK)
      .map(([name, work]) => `${JSON.stringify(name)}: ${work}`)
      .join(',\n')} }
    const main = async () => {
      for (const [name, work] of Object.entries(all)) {
        for (let i = 0; i < 30; i++) await work()
        // What the work before it, and the compiler, have left behind.
        gc()
        for (let i = 0; i < 30; i++) await work()
        console.log('BEGIN ' + name)
        gc()
        console.log('END')
      }
      process.exit()
    }
    void main()`
  // Compiled at once: on a busy machine, the code of the work before would still come while this one is looked at.
  const flags = ['--expose-gc', '--trace-deopt', '--no-concurrent-recompilation']
  const args = [...flags, '-r', './.ci/register.cjs', '-e', program]
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1e9 })
  if (status !== 0) throw new Error(stderr)
  const collections = [...stdout.matchAll(/BEGIN (.*)\n([^]*?)END\n/g)]
  return Object.fromEntries(
    collections.map(([, name = '', lines = '']) => [
      name,
      [...lines.matchAll(/SharedFunctionInfo ([^>]*)>.*weak object/g)].map(([, lost = '']) => lost),
    ]),
  )
}

// Each collection of a large application would cost milliseconds of slow code.
describe('a garbage collection while a pool is idle', () => {
  let lost: ReturnType<typeof lostCode>
  beforeAll(() => {
    lost = lostCode()
    // Now and then V8 has compiled a function for what happened once. What counts is what is lost each time.
    for (
      let i = 0;
      i < 2 &&
      Object.keys(WORK)
        .slice(1)
        .some((name) => lost[name]?.length !== 0);
      i++
    ) {
      const again = lostCode()
      lost = Object.fromEntries(
        Object.entries(lost).map(([name, code]) => [name, code.filter((each) => again[name]?.includes(each) === true)]),
      )
    }
  })

  it('throws away the code of a class without objects', () => {
    expect(lost['a class without objects']).not.toEqual([])
  })

  it.each(Object.keys(WORK).slice(1))('leaves the code of %s', (name) => {
    expect(lost[name]).toEqual([])
  })
})

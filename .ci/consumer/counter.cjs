'use strict'
// A user's CommonJS program: the classic example.
const assert = require('node:assert')
const { start, query, stop } = require('nact')
const { call, cast, definePool, noReply, reply, spawnPool } = require('@genpool/core')
const { serveDashboard } = require('@genpool/dashboard')
const { threads } = require('@genpool/threads')

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: { add: (msg, state) => reply(state.count + msg.value, { count: state.count + msg.value }) },
  casts: { add: (msg, state) => noReply({ count: state.count + msg.value }) },
})

async function main() {
  const system = start()
  const pool = spawnPool(system, Counter, 'counter', { size: 5 })
  assert.strictEqual(await call(pool, { type: 'add', value: 5 }), 5)
  assert.deepStrictEqual(cast(pool, { type: 'add', value: 5 }), { ok: true })
  assert.strictEqual(await query(pool, { type: 'add', value: 5 }, 1000), 15)
  for (const module of ['threads.cjs', 'threads.mjs']) {
    const behaviour = threads(require.resolve(`./${module}`))
    const inThreads = spawnPool(system, behaviour, module, { size: 1, timeout: 60_000 })
    assert.strictEqual(await call(inThreads, { type: 'add', value: 5 }), 5)
  }
  // The optional peer is not installed here. Only this entry needs it, and its error says so.
  assert.throws(() => require('@genpool/core/opentelemetry'), {
    code: 'MODULE_NOT_FOUND',
    message: /@opentelemetry\/api/,
  })
  const { url, close } = await serveDashboard({ pools: [pool], port: 0 })
  for (const file of ['', 'app.js', 'vendor/uPlot.esm.js']) assert.strictEqual((await fetch(url + file)).status, 200)
  await close()
  stop(system)
  console.log('commonjs ok')
}

void main()

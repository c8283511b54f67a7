// A user's program in native ESM: the classic example, and every export by name.
import assert from 'node:assert'
import { createRequire } from 'node:module'
import { query, start, stop } from 'nact'
import { call, cast, definePool, noReply, reply, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'

const Counter = definePool({
  init: () => ({ count: 0 }),
  calls: { add: (msg, state) => reply(state.count + msg.value, { count: state.count + msg.value }) },
  casts: { add: (msg, state) => noReply({ count: state.count + msg.value }) },
})

const system = start()
const pool = spawnPool(system, Counter, 'counter', { size: 5 })
assert.strictEqual(await call(pool, { type: 'add', value: 5 }), 5)
assert.deepStrictEqual(cast(pool, { type: 'add', value: 5 }), { ok: true })
assert.strictEqual(await query(pool, { type: 'add', value: 5 }, 1000), 15)

for (const module of ['threads.mjs', 'threads.cjs']) {
  const inThreads = spawnPool(system, threads(new URL(module, import.meta.url)), module, { size: 1, timeout: 60_000 })
  assert.strictEqual(await call(inThreads, { type: 'add', value: 5 }), 5)
  assert.strictEqual(await call(inThreads, { type: 'add', value: 5 }), 10)
}
stop(system)

const require = createRequire(import.meta.url)
const entries = ['runtime', 'broker', 'state-ane', 'core'].flatMap((name) => [
  `@genpool/${name}`,
  `@genpool/${name}/testing`,
])
for (const entry of [...entries, '@genpool/dashboard']) {
  const imported = await import(entry)
  for (const [key, value] of Object.entries(require(entry))) {
    assert.strictEqual(imported[key], value, `${entry}: "${key}" cannot be imported by name`)
  }
}
console.log('esm ok')

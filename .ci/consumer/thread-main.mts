// The same as ES modules, run by tsx.
import { call, drain, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'
import type Module from './thread-module.js'

const behaviour = threads<typeof Module>(new URL('./thread-module.js', import.meta.url))
const pool = spawnPool(start(), behaviour, 'typescript', { size: 1, timeout: 60_000 })
const sum = await call(pool, { type: 'add', value: 5 })
if (sum !== 5) throw new Error(`got ${sum}`)
await drain(pool)
console.log('threads in typescript ok')

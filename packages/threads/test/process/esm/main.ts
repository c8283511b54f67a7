import { call, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { start } from 'nact'
import type double from './double.js'

/** A program of a package of ES modules. The process has to end by itself. */
const module = new URL('./double.js', import.meta.url)
const pool = spawnPool(start(), threads<typeof double>(module), 'double', { size: 1, timeout: 60_000 })
console.log('double of 4:', await call(pool, 4))

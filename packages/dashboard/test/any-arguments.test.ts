import { definePool, reply, spawnPool } from '@genpool/core'
import * as dashboard from '@genpool/dashboard'
import { type ActorSystemRef, start, stop } from 'nact'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyValues, faultsOf, type Subject, subjectsOf } from '../../runtime/test/any-arguments'

let system: ActorSystemRef
let folder: string
beforeEach(() => {
  system = start()
  folder = mkdtempSync(join(tmpdir(), 'genpool-arguments-'))
  writeFileSync(join(folder, 'trace'), '{"genpool":"trace","version":1,"pool":"db","timeoutMs":null}\n')
})
afterEach(() => {
  stop(system)
  rmSync(folder, { recursive: true })
})

const Work = definePool({ calls: { work: () => reply('done') } })
const load = { seconds: 1, rate: 1, runMs: { p50: 1, p99: 2 } }
const good: Record<string, () => readonly unknown[]> = {
  recordTrace: () => [spawnPool(system, Work, undefined, { size: 1 }), join(folder, 'new'), {}],
  readTrace: () => [join(folder, 'trace')],
  simulate: () => [load, { size: 1 }],
  traceOf: () => [load],
  advise: () => [load, { p99Ms: 100, maxSize: 2, resamples: 0, threads: 0 }],
}
const speaksOf: Record<string, RegExp> = {
  traceOf: /options of the load/,
  advise: /advise|options of the load/,
  simulate: /simulate|options of the load/,
  recordTrace: /recordTrace|inspect/,
}
/** Files of these names cannot be read, and Node says so. */
const paths = ['string', 'string with a space']

describe('every function of @genpool/dashboard', () => {
  it.each(subjectsOf(dashboard).map((subject) => [subject.name, subject] as const))(
    '%s gives a result or an error with a code, whatever its arguments are',
    async (name, { run }) => {
      // A recording listens to all requests of this process until it is stopped.
      const stopping: typeof run = (...args) => {
        const result = run(...args)
        if (name === 'recordTrace') {
          ;(result as Promise<dashboard.Recording>).then(({ stop }) => stop()).catch(() => undefined)
        }
        return result
      }
      const subject: Subject = { name, run: stopping, good: good[name], speaksOf: speaksOf[name] }
      const values = Object.fromEntries(
        Object.entries(anyValues()).filter(([value]) => !(paths.includes(value) && /Trace/.test(name))),
      )
      expect(await faultsOf(subject, values)).toEqual([])
    },
  )
})

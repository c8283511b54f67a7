import * as packageOfThreads from '@genpool/threads'
import { threads } from '@genpool/threads'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyValues, faultsOf, type Subject, subjectsOf } from '../../runtime/test/any-arguments'

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genpool-arguments-'))
  file = join(folder, 'work.cjs')
  writeFileSync(file, 'module.exports = (task) => task')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Arguments that are right, so that each wrong one is seen beside them. */
const good: Record<string, () => readonly unknown[]> = {
  threads: () => [file, { prefetch: 2 }],
  transfer: () => [{ bytes: 1 }, [new ArrayBuffer(1)]],
}

describe('every function of @genpool/threads', () => {
  it.each(subjectsOf(packageOfThreads).map((subject) => [subject.name, subject] as const))(
    '%s gives a result or an error with a code, whatever its arguments are',
    async (name, { run }) => {
      const subject: Subject = { name, run, good: good[name] }
      expect(await faultsOf(subject, anyValues())).toEqual([])
    },
  )

  it.each(Object.entries(anyValues()))('no module is "%s"', (_, value) => {
    expect(() => threads(value as string)).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as Error)
  })

  it.each(
    Object.entries(anyValues()).filter(([name]) => !/^(undefined|empty object|object without prototype)$/.test(name)),
  )('no options are "%s"', (_, value) => {
    expect(() => threads(file, value as object)).toThrow(
      expect.objectContaining({ code: 'ERR_GENPOOL_OPTIONS' }) as Error,
    )
  })

  it.each(Object.entries(anyValues()).filter(([name]) => !/array$/.test(name)))(
    'nothing is moved by a list that is "%s", or has that in it',
    (name, value) => {
      expect(() => packageOfThreads.transfer({}, value as never)).toThrow(
        /The list given to transfer is wrong: expected a list/,
      )
      // Of some classes, only Node knows whether it can move their instances.
      if (['class instance', 'promise', 'date', 'error'].includes(name)) return
      expect(() => packageOfThreads.transfer({}, [value] as never)).toThrow(
        /The list\[0\] given to transfer is wrong: expected an ArrayBuffer/,
      )
    },
  )
})

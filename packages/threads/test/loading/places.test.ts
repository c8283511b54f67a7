import { ready, spawnPool } from '@genpool/core'
import { threads } from '@genpool/threads'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { system } from '../fixtures/quiet-system'

let folder: string
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'genpool-places-')))
  write('broken.mjs', 'export const one = 1\nexport default (x) => x +* 2\n')
  write('broken.cjs', '\n\nexports.default = (x) => x +* 2\n')
  write('other.mjs', 'export const other = 1\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

let count = 0

/** What a pool says whose threads cannot load this module, and the error of the module. "DIR" stands for its folder. */
async function failure(text: string, ending: string) {
  const file = write(`module-${++count}.${ending}`, text)
  const restart = { attempts: 1 }
  const pool = spawnPool(system, threads(file), 'pool', { size: 1, restart })
  const stopped = await ready(pool).then(
    () => Promise.reject(new Error('it has started')),
    (error: { message: string; cause: { cause: Error & { code?: string } } }) => error,
  )
  const { cause } = stopped.cause
  const shown = (said: string): string => said.replaceAll(folder, 'DIR').replaceAll(`module-${count}`, 'MODULE')
  return { cause, says: shown(stopped.message), message: shown(cause.message), stack: shown(String(cause.stack)) }
}

describe('the error of a module that Node cannot load in a thread says where it is wrong', () => {
  const UNEXPECTED = "Unexpected token '*'"

  it.each([
    [
      'an ES module',
      'mjs',
      'const a = 1\n\nexport default (x) => x +* 2\n',
      'DIR/MODULE.mjs:3: export default (x) => x +* 2',
    ],
    [
      'a module of CommonJS',
      'cjs',
      'const a = 1\nmodule.exports = (x) => x +* 2',
      'DIR/MODULE.cjs:2: module.exports = (x) => x +* 2',
    ],
    [
      'one without a kind',
      'js',
      'import "node:fs"\nexport default (x) => x +* 2\n',
      'DIR/MODULE.js:2: export default (x) => x +* 2',
    ],
    [
      'a module that it imports',
      'mjs',
      'import "./other.mjs"\nimport work from "./broken.mjs"\nexport default work',
      'DIR/broken.mjs:2: export default (x) => x +* 2',
    ],
    [
      'a module that it requires',
      'cjs',
      'module.exports = require("./broken.cjs")',
      'DIR/broken.cjs:3: exports.default = (x) => x +* 2',
    ],
  ])('a syntax error in %s', async (_, ending, text, place) => {
    const { cause, message, says } = await failure(text, ending)
    expect(cause).toBeInstanceOf(SyntaxError)
    expect(message).toBe(`${UNEXPECTED} (${place})`)
    expect(says).toContain(`${UNEXPECTED} (${place})`)
  })

  it('a syntax error in TypeScript, in one line', async () => {
    const { cause, message } = await failure('const a: number = 1\nexport default (x: number) => x +* a\n', 'ts')
    expect(cause).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
    expect(message).toBe(
      'The module "DIR/MODULE.ts" cannot be loaded in a thread: @swc/core could not read it: Expression expected (DIR/MODULE.ts:2).',
    )
  })

  it('a name that another module does not export', async () => {
    const { message } = await failure('import { nothing } from "./other.mjs"\nexport default nothing', 'mjs')
    expect(message).toBe(
      `The requested module './other.mjs' does not provide an export named 'nothing' (DIR/MODULE.mjs:1: import { nothing } from "./other.mjs")`,
    )
  })

  it.each([
    [
      'an ES module',
      'mjs',
      '\nimport work from "./nothing.mjs"\n',
      `Cannot find module 'DIR/nothing.mjs' imported from DIR/MODULE.mjs:2`,
    ],
    [
      'a package of an ES module',
      'mjs',
      '\n\nexport * from "nothing-there/part"\n',
      `Cannot find package 'nothing-there' imported from DIR/MODULE.mjs:3`,
    ],
    [
      'a module of CommonJS',
      'cjs',
      '\nrequire("./nothing.cjs")\n',
      `Cannot find module './nothing.cjs' required from DIR/MODULE.cjs:2`,
    ],
  ])('a missing import: %s', async (_, ending, text, expected) => {
    const { cause, message } = await failure(text, ending)
    expect(message).toBe(expected)
    expect(cause.code).toMatch(/MODULE_NOT_FOUND$/)
  })

  it('but leaves what the module itself throws as it is', async () => {
    const { message, stack } = await failure('\nJSON.parse("{")\n', 'mjs')
    expect(message).not.toContain('DIR')
    expect(stack).toMatch(/^SyntaxError: .*DIR\/MODULE\.mjs:2/s)
    const text = 'throw Object.freeze(new SyntaxError("my own"))'
    expect(await failure(text, 'cjs')).toMatchObject({ message: 'my own' })
  })
})

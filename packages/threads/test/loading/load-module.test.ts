import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBehaviour } from '../../src/loading/load-module'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genpool-load-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let count = 0

/** The error of a module with this text. "FILE" stands for its name. */
async function errorOf(text: string, { name, ending = 'cjs', loader = null as string | null } = {} as Options) {
  const file = join(folder, `module-${++count}.${ending}`)
  writeFileSync(file, text)
  try {
    await loadBehaviour({ file, export: name, loader })
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return { code, message: message.replaceAll(file, 'FILE') }
  }
  return 'nothing was thrown'
}

interface Options {
  readonly name?: string
  readonly ending?: string
  readonly loader?: string | null
}

const unusable = (message: string) => ({
  code: 'ERR_GENPOOL_OPTIONS',
  message: `The module "FILE" cannot be used in a thread: ${message}.`,
})
const NEITHER = 'is no behaviour (what definePool returned) and no function, but'

describe('the error of a module that cannot be used in a thread', () => {
  it('names the exports that are there, and what to do, if the default export is something else', async () => {
    expect(await errorOf('module.exports = { b: 1, a: () => 1 }')).toEqual(
      unusable(
        `its default export ${NEITHER} undefined. It exports "a", "b". Export one as the default, or say which with { export: "name" }`,
      ),
    )
    expect(await errorOf('module.exports = { __esModule: true, default: 5 }')).toEqual(
      unusable(
        `its default export ${NEITHER} 5. It exports "__esModule", "default". Export one as the default, or say which with { export: "name" }`,
      ),
    )
  })

  it('says so if nothing is exported', async () => {
    const nothing = `its default export ${NEITHER} undefined. It exports nothing by name. Export one as the default, or say which with { export: "name" }`
    expect(await errorOf('')).toEqual(unusable(nothing))
    expect(await errorOf('module.exports = null')).toEqual(unusable(nothing))
  })

  it('names the export that was asked for, and those that are there', async () => {
    expect(await errorOf('exports.made = 1', { name: 'make' })).toEqual(
      unusable(`its export "make" ${NEITHER} undefined. It exports "made"`),
    )
    expect(await errorOf('exports.make = { calls: {} }', { name: 'make' })).toEqual(
      unusable(`its export "make" ${NEITHER} an object { calls }. It exports "make"`),
    )
  })

  it('says that another copy of the package has made the behaviour', async () => {
    expect(await errorOf('class Definition {}; module.exports = new Definition()')).toEqual(
      unusable(
        'its default export is a behaviour of another copy of @genpool/core. Install one version of it: "npm ls @genpool/core" shows who brings which',
      ),
    )
  })

  it('is that of the module itself, if it throws or imports what is not there', async () => {
    expect(await errorOf('throw new RangeError("no licence")')).toEqual({ code: undefined, message: 'no licence' })
    expect(await errorOf('require("./not-there")')).toMatchObject({ code: 'MODULE_NOT_FOUND' })
  })
})

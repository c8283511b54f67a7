import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBehaviour } from '../src/loading/load-module'

/** With a long name: the path of a module is never cut. */
let folder: string
let made = 0
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), `genpool-load-${'in-a-long-path-'.repeat(6)}`))))
afterAll(() => rmSync(folder, { recursive: true }))

/** What is said of a module with this text. */
const whyNot = async (
  text: string,
  more: { export?: string; loader?: string; name?: string } = {},
): Promise<string> => {
  // A name of its own: what stood in a file of the same name may be kept.
  const file = join(folder, more.name ?? `work-${made++}.cjs`)
  writeFileSync(file, text)
  jest.resetModules()
  const setup = { file, export: more.export, loader: more.loader ?? null }
  const error = await loadBehaviour(setup).then(
    () => fail('it was loaded'),
    (refusal: unknown) => refusal as { code: string; message: string },
  )
  expect(error).toMatchObject({ code: 'ERR_GENPOOL_OPTIONS' })
  expect(error.message).toContain(`The module "${file}" `)
  return error.message
}

describe('the error of a module that is no behaviour', () => {
  it('says what its default export is, what it exports by name, and what to do', async () => {
    expect(await whyNot('exports.one = 1; exports.two = 2; exports.default = 5')).toMatch(
      /cannot be used in a thread: its default export is no behaviour .* and no function, but 5\. It exports "default", "one", "two"\. Export one as the default, or say which with \{ export: "name" \}/,
    )
  })

  it('says so of one that exports nothing', async () => {
    expect(await whyNot('')).toMatch(/but undefined\. It exports nothing by name\. Export one as the default/)
  })

  it('names the export that was asked for', async () => {
    expect(await whyNot('exports.one = 1', { export: 'two' })).toMatch(
      /its export "two" is no behaviour .* but undefined\. It exports "one"\.?$/,
    )
  })

  it('says of one of another copy how to find the copies', async () => {
    const text = 'class Definition {}; exports.default = new Definition()'
    expect(await whyNot(text)).toMatch(
      /its default export is a behaviour of another copy of @genpool\/core.*"npm ls @genpool\/core" shows who brings which/,
    )
  })
})

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')
const packages = readdirSync(join(root, 'packages'))

interface Manifest {
  readonly name: string
  readonly version: string
  readonly license: string
  readonly description: string
  readonly files: readonly string[]
  readonly private?: boolean
}

const manifest = (folder: string, name: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'packages', name, 'package.json'), 'utf8')) as Manifest

describe('the next release', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'genpool-release-'))
    const files = ['package.json', 'pnpm-workspace.yaml', '.changeset']
    for (const file of [...files, ...packages.map((name) => `packages/${name}/package.json`)]) {
      cpSync(join(root, file), join(folder, file), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin/changeset'), ['version'], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`${stdout}${stderr}`)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('gives all packages one version, beginning with 0.1.0', () => {
    const versions = new Set(packages.map((name) => manifest(folder, name).version))
    expect([...versions]).toHaveLength(1)
    if (manifest(root, 'core').version === '0.0.0') expect([...versions]).toEqual(['0.1.0'])
  })

  it.each(packages)('has a changelog for %s, if it is changed', (name) => {
    const { version } = manifest(folder, name)
    if (version === manifest(root, name).version) return
    const text = readFileSync(join(folder, 'packages', name, 'CHANGELOG.md'), 'utf8')
    expect(text).toContain(`## ${version}`)
  })

  it.each(packages)('publishes %s with a licence, a description and its files', (name) => {
    const { private: hidden, license, description, files } = manifest(root, name)
    expect([hidden, license]).toEqual([undefined, 'Apache-2.0'])
    expect(description.length).toBeGreaterThan(20)
    expect(files).toEqual(expect.arrayContaining(['dist', 'README.md', 'LICENSE']))
  })
})

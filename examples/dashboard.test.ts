import { spawn } from 'node:child_process'
import { join } from 'node:path'

describe('examples/dashboard.ts', () => {
  it('serves its page while it floods a pool, and ends when it should', async () => {
    const child = spawn(process.execPath, ['-r', './.ci/register.cjs', join('examples', 'dashboard.ts'), '2'], {
      cwd: join(__dirname, '..'),
    })
    let [output, errors, page] = ['', '', '']
    child.stderr.on('data', (chunk: Buffer) => (errors += String(chunk)))
    child.stdout.on('data', async (chunk: Buffer) => {
      output += String(chunk)
      const url = /http:\S+/.exec(output)?.[0]
      if (url !== undefined && page === '') page = await (await fetch(url)).text()
    })
    const status = await new Promise((resolve) => child.once('close', resolve))
    expect([errors, status]).toEqual(['', 0])
    expect(page).toContain('<title>GenPool</title>')
    expect(output).toMatch(/The database had \d+ requests: \d+ answered, \d+ dropped\./)
  })
})

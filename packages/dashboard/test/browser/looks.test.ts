import { configure } from '@genpool/core'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { send, type Workers, workers } from './pools'
import { read, Visit } from './visit'

const visit = new Visit()
/** `npm run docs:pictures` names the folder of the docs. */
const chosen = process.env['DASHBOARD_PICTURES']
let folder: string
beforeAll(() => {
  folder = chosen ?? mkdtempSync(join(tmpdir(), 'genpool-pictures-'))
  mkdirSync(folder, { recursive: true })
})
afterAll(() => {
  if (chosen === undefined) rmSync(folder, { recursive: true })
})

const THREE = new Date('2026-01-01T03:00:00Z')
const open = (url: string): Promise<Page> => visit.open(url, { timezoneId: 'UTC' }, THREE)

/** Takes a picture. Returns its size in pixels, as the file says. */
async function take(page: Page, name: string): Promise<[width: number, height: number]> {
  await visit.pass(page, 0)
  const png = await page.screenshot({ path: join(folder, `dashboard-${name}.png`) })
  return [png.readUInt32BE(16), png.readUInt32BE(20)]
}

const STEPS = 10
const STEP = 100
/** Sends calls over one second, about `n` of them. */
async function spread(pool: Workers, second: number, n: number, call: (i: number) => Parameters<typeof send>[2]) {
  const phase = ((second * 7) % 10) / 10
  for (let step = 0; step < STEPS; step++) {
    const until = (k: number): number => Math.floor((n * k) / STEPS + phase)
    send(pool, until(step + 1) - until(step), call(second * STEPS + step))
    await visit.clock.advance(STEP)
  }
}

describe('the pictures of the docs', () => {
  it('show a calm pool', async () => {
    const db = workers(visit, 'db', { size: 12, broker: { client: { type: 'codel', target: 100 } } })
    const mail = workers(visit, 'mail', { size: 2 })
    const page = await open((await visit.serve([db, mail])).url)
    for (let second = 0; second < 280; second++) {
      if (second % 2 === 0) send(mail, 1, { ms: 300 })
      const n = Math.round(34 + 14 * Math.sin(second / 25) + 3 * Math.sin(second * 2))
      await spread(db, second, n, (i) => ({ ms: 110 + ((i * 37) % 90), type: i % 4 === 0 ? 'save' : 'find' }))
    }
    expect(await take(page, 'calm')).toEqual([1280, 900])
    expect(await read(page, '#state')).toBe('● calm')
  })

  it('show a flooded pool, and what a visitor is about to change', async () => {
    const db = workers(visit, 'db', { size: 4, broker: { client: { type: 'codel', target: 100, max: 60 } } })
    const mail = workers(visit, 'mail', { size: 2 })
    const { url } = await visit.serve([mail, db], { token: 'a token for the test', write: true })
    const page = await open(`${url}?token=a+token+for+the+test#db`)
    for (let second = 0; second < 200; second++) {
      send(mail, 1, { ms: 30 })
      if (second === 150) configure(db, { size: 5 })
      const n = second < 90 ? 22 : 66 + (second % 5) * 3
      await spread(db, second, n, (i) => ({
        ms: 100 + ((i * 37) % 50),
        ...(i % 4 === 0 ? { type: 'save', key: `customer ${i % 3}` } : {}),
      }))
    }
    expect(await take(page, 'flooded')).toEqual([1280, 900])
    expect(await read(page, '#state')).toBe('■ all members busy, drops requests')
    await page.getByRole('button', { name: 'Change size: 5 → 8 …' }).click()
    await page.locator('.diff ins').waitFor()
    expect(await take(page, 'change')).toEqual([1280, 900])
    await page.keyboard.press('Escape')
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await take(page, 'narrow')).toEqual([390, 844])
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 1280, height: 900 })
    expect(await take(page, 'dark')).toEqual([1280, 900])
  })
})

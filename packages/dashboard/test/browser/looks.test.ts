import { configure } from '@genpool/core'
import { join } from 'node:path'
import { send, type Workers, workers } from './pools'
import { Visit } from './visit'

const visit = new Visit()
const folder = join(__dirname, '..', '..', '..', '..', 'docs', 'public')
const file = (name: string): string => join(folder, `dashboard-${name}.png`)
/** Where the pictures go that are only for whoever works on the page; nowhere by default. */
const others = process.env['DASHBOARD_PICTURES']

const STEPS = 10
/** Sends calls over one second, about `n` of them. */
async function spread(pool: Workers, second: number, n: number, call: (i: number) => Parameters<typeof send>[2]) {
  for (let step = 0; step < STEPS; step++) {
    const until = (k: number): number => Math.floor((n * k) / STEPS + ((second * 7) % 10) / 10)
    send(pool, until(step + 1) - until(step), call(second * STEPS + step))
    await visit.clock.advance(step === STEPS - 1 ? 0 : 100)
  }
}
/** The rest of the second, after `spread`. */
const REST = 100

describe('the pictures of the docs', () => {
  it('show a calm pool', async () => {
    const db = workers(visit, 'db', { size: 12, broker: { client: { type: 'codel', target: 100 } } })
    const mail = workers(visit, 'mail', { size: 2 })
    const { url } = await visit.serve([db, mail])
    const page = await visit.open(url)
    for (let second = 0; second < 280; second++) {
      if (second % 2 === 0) send(mail, 1, { ms: 300 })
      const n = Math.round(34 + 14 * Math.sin(second / 25) + 5 * Math.sin(second * 2))
      await spread(db, second, n, (i) => ({ ms: 110 + ((i * 37) % 90), type: i % 4 === 0 ? 'save' : 'find' }))
      await visit.clock.advance(REST)
    }
    await visit.pass(page, 0)
    await page.screenshot({ path: file('calm') })
    if (others === undefined) return
    await page.emulateMedia({ colorScheme: 'dark' })
    await visit.pass(page, 1)
    await page.screenshot({ path: join(others, 'calm-dark.png'), fullPage: true })
  })

  it('show a flooded pool', async () => {
    const db = workers(visit, 'db', { size: 4, broker: { client: { type: 'codel', target: 100, max: 60 } } })
    const mail = workers(visit, 'mail', { size: 2 })
    const { url } = await visit.serve([mail, db], { token: 'a token for the test', write: true })
    const page = await visit.open(`${url}?token=a+token+for+the+test#db`)
    for (let second = 0; second < 200; second++) {
      send(mail, 1, { ms: 30 })
      if (second === 150) configure(db, { size: 5 })
      const n = second < 90 ? 22 : 66 + (second % 5) * 3
      await spread(db, second, n, (i) => ({
        ms: 100 + ((i * 37) % 50),
        ...(i % 4 === 0 ? { type: 'save', key: `customer ${i % 3}` } : {}),
      }))
      await visit.clock.advance(REST)
    }
    await visit.pass(page, 0)
    await page.screenshot({ path: file('flooded') })
    if (others === undefined) return
    await page.screenshot({ path: join(others, 'flooded-full.png'), fullPage: true })
    await page.setViewportSize({ width: 390, height: 844 })
    await visit.pass(page, 1)
    await page.screenshot({ path: join(others, 'narrow.png'), fullPage: true })
  })
})

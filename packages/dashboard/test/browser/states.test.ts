import { call, definePool, explain, inspect, type PoolRef, reply, spawnPool } from '@genpool/core'
import { stop } from 'nact'
import type { Page } from 'playwright-core'
import { send, type Workers, workers } from './pools'
import { read, Visit } from './visit'

const visit = new Visit()
const open = async (...pools: unknown[]): Promise<Page> => visit.open((await visit.serve(pools)).url)
const valueOf = async (page: Page, tile: string): Promise<number> =>
  Number(await page.locator(`[data-tile=${tile}] data`).getAttribute('value'))
/** The first thing on the page below the name of the pool. */
const firstCard = (page: Page): Promise<string> => read(page, '#findings article')
const rowsOf = async (page: Page): Promise<string[]> =>
  (await page.locator('#members tbody tr').allInnerTexts()).map((row) => row.replace(/\s+/g, ' '))

/** What the page must show of a pool, read from the pool itself. */
async function expectFigures(page: Page, pool: unknown): Promise<void> {
  const figures = inspect(pool as PoolRef)
  const sum = (counts: object): number => Object.values(counts as Record<string, number>).reduce((a, b) => a + b, 0)
  const { outcomes } = figures
  const shown = Object.fromEntries(
    await Promise.all(
      ['replied', 'wait', 'run', 'waiting', 'busy', 'dropped', 'errors', 'restarts'].map(async (tile) => [
        tile,
        await valueOf(page, tile),
      ]),
    ),
  )
  expect(shown).toEqual({
    replied: outcomes.replied,
    wait: figures.sojourn.p99,
    run: figures.run.p99,
    waiting: figures.waiting,
    busy: figures.members.busy,
    dropped: sum(figures.drops),
    errors: outcomes.crashed + outcomes.expired + outcomes.conflict + outcomes.invalid + outcomes.stopped,
    restarts: figures.restarts,
  })
}

describe('the page of a calm pool', () => {
  it('says so in one quiet line, with the figures of inspect', async () => {
    const pool = workers(visit, 'db')
    const page = await open(pool)
    await visit.pass(page, 20, () => send(pool, 3))
    expect(await read(page, '#state')).toBe('● calm')
    expect(await read(page, '#findings')).toMatch(
      /^Nothing limits the pool: 0 of 4 members are busy, 0 requests wait\.$/,
    )
    expect(await read(page, '#summary')).toBe('The pool is fine')
    expect(await read(page, '#waits')).toContain('Nothing waits.')
    expect(await read(page, '[data-tile=replied]')).toBe('Answered 3 /s 60 in all')
    expect(await rowsOf(page)).toHaveLength(4)
    await expectFigures(page, pool)
  })

  it('draws all plots over the same time', async () => {
    const pool = workers(visit, 'db')
    const page = await open(pool)
    await visit.pass(page, 5, () => send(pool, 3))
    expect(await page.locator('.plot h4').allInnerTexts()).toEqual([
      'Wait before a run',
      'Throughput',
      'Waiting requests',
      'Members',
      'Run of a handler',
      'Dropped, by reason',
      'Errors',
      'Event loop delay',
    ])
    const said = await page
      .locator('.plot [role=img]')
      .evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')))
    expect(said[1]).toBe('Throughput, now: answered 3 /s, arrived 3 /s')
    // The cursor in one plot shows the same moment in all others.
    await page.locator('[data-plot=wait] .u-over').hover({ position: { x: 200, y: 40 } })
    const left = await page
      .locator('.plot .u-cursor-x')
      .evaluateAll((all) => all.map((one) => one.getAttribute('style')))
    expect(new Set(left).size).toBe(1)
  })
})

describe('the page of a flooded pool', () => {
  const flooded = async (): Promise<{ pool: Workers; page: Page }> => {
    const pool = workers(visit, 'db', { size: 2, broker: { client: { type: 'codel', target: 50, max: 30 } } })
    const page = await open(workers(visit, 'mail'), pool)
    await page.getByRole('link', { name: /db/ }).click()
    await page.locator('#name', { hasText: 'db' }).waitFor()
    await visit.pass(page, 15, (second) => {
      send(pool, 20, {
        ms: 200,
        type: second % 2 === 0 ? 'find' : 'save',
        key: `customer ${second % 2}`,
        priority: second % 2,
      })
    })
    return { pool, page }
  }

  it('says first what to do, then why', async () => {
    const { pool, page } = await flooded()
    const [finding] = explain(pool as unknown as PoolRef).findings
    const card = await firstCard(page)
    expect(card.indexOf(finding!.advice)).toBeGreaterThan(0)
    expect(card.toLowerCase().indexOf(finding!.says.slice(1, 30).toLowerCase())).toBeGreaterThan(
      card.indexOf(finding!.advice),
    )
    const above = await page.evaluate(
      `document.querySelector('#findings').compareDocumentPosition(document.querySelector('#tiles')) === Node.DOCUMENT_POSITION_FOLLOWING`,
    )
    expect(above).toBe(true)
    expect(await page.getByRole('button', { name: /Change/ }).count()).toBe(0)
    await expectFigures(page, pool)
  })

  it('names what waits: by type, key and priority, and the oldest', async () => {
    const { pool, page } = await flooded()
    const { waiting, waitingBy } = inspect(pool as unknown as PoolRef)
    const waits = await read(page, '#waits')
    expect(waits).toContain(`${waiting} requests wait, the oldest for`)
    for (const [type, n] of Object.entries(waitingBy.type)) expect(waits).toContain(`${type} ${n}`)
    for (const part of ['By type', 'By key', 'By priority', 'customer 0', 'The oldest']) expect(waits).toContain(part)
    expect(await read(page, '#summary')).toBe('1 of 2 needs attention')
    expect(await page.title()).toBe('(1) db · GenPool')
    // The one in trouble comes first.
    expect(await page.locator('#pools .pool').allInnerTexts()).toEqual(['db', 'mail'])
  })

  it('counts the drops by reason', async () => {
    const { pool, page } = await flooded()
    const reasons = Object.keys(inspect(pool as unknown as PoolRef).drops).sort()
    const legend = (await page.locator('[data-plot=drops] .legend li').allInnerTexts()).map(
      (text) => text.split(/\s/)[0],
    )
    expect(legend).toEqual(reasons)
  })
})

describe('the page of a pool with a stuck member', () => {
  it('shows who is stuck, with what, and for how long', async () => {
    const pool = workers(visit, 'db', { size: 2 })
    const page = await open(pool)
    await visit.pass(page, 3, () => send(pool, 2, { ms: 10 }))
    send(pool, 1, { type: 'report', ms: 1_000_000, timeout: 1_000_000 })
    await visit.pass(page, 30, () => send(pool, 1, { ms: 10 }))
    expect(await read(page, '#state')).toBe('■ members stuck')
    expect(await firstCard(page)).toContain('Find out what the handler waits for.')
    const rows = await rowsOf(page)
    expect(rows.filter((row) => row.includes('■ stuck'))).toEqual([
      expect.stringMatching(/^member-\d\.1 ■ stuck report 30 s /),
    ])
    expect(rows).toHaveLength(2)
  })
})

describe('the page of a pool whose init fails', () => {
  it('says what failed', async () => {
    const Broken = definePool({
      init: (): number => {
        throw new Error('the database at db.example refuses')
      },
      calls: { find: () => reply('done') },
    })
    const pool = spawnPool(visit.system, Broken, 'db', { size: 2, clock: visit.clock, restart: { attempts: 100 } })
    const page = await open(pool)
    void call(pool, { type: 'find' }, { timeout: 60_000 }).catch(() => undefined)
    await visit.pass(page, 3)
    expect(await read(page, '#state')).toContain('■ init fails')
    expect(await firstCard(page)).toContain('the database at db.example refuses')
    expect(await read(page, '#members')).toContain('There is no member.')
    expect(await read(page, '#waits')).toContain('1 request waits')
  })
})

describe('the page of a stopped pool', () => {
  it('says that it has stopped, and keeps its past', async () => {
    const pool = workers(visit, 'db')
    const page = await open(pool)
    await visit.pass(page, 5, () => send(pool, 3))
    stop(pool)
    await visit.pass(page, 2)
    expect(await read(page, '#state')).toBe('■ stopped')
    expect(await firstCard(page)).toContain('Spawn a new pool.')
    expect(await read(page, '#changes')).toMatch(/stopped$/)
    expect(await read(page, '[data-tile=replied]')).toContain('15 in all')
    expect(await read(page, '#members')).toContain('There is no member.')
    await expectFigures(page, pool)
  })
})

describe('the page', () => {
  it('shows names as they are, whatever they contain', async () => {
    const nasty = '<img src=x onerror="document.title=1"><script>alert(1)</script>'
    const Any = definePool({ calls: { [nasty]: async () => (await visit.clock.wait(9000), reply('done')) } })
    const pool = spawnPool(visit.system, Any, 'db', { size: 1, clock: visit.clock })
    const page = await open(pool)
    for (let i = 0; i < 3; i++) void call(pool, { type: nasty }, { key: nasty, timeout: 99_000 }).catch(() => undefined)
    await visit.pass(page, 2)
    expect(await read(page, '#members')).toContain(nasty)
    expect(await read(page, '#waits')).toContain(nasty)
    expect(await page.locator('main img, main script').count()).toBe(0)
  })

  it('tells pools of the same name apart', async () => {
    const pools = [workers(visit, 'a'), workers(visit, 'b')]
    const page = await open(pools[0], pools[0], pools[1])
    await visit.pass(page, 1)
    expect(await page.locator('#pools .pool').allInnerTexts()).toEqual(['a', 'a (2)', 'b'])
  })

  it('shows the last ten minutes when it opens, and no more', async () => {
    const pool = workers(visit, 'db')
    const { url } = await visit.serve([pool])
    for (let second = 0; second < 700; second++) {
      if (second % 10 === 0) send(pool, 5)
      await visit.clock.advance(1000)
    }
    const page = await visit.open(url)
    await visit.pass(page, 1)
    const times = await page.evaluate<unknown[]>(
      `fetch('events').then(async (response) => {
        const reader = response.body.getReader()
        let text = ''
        while (!text.includes('event: tick')) text += new TextDecoder().decode((await reader.read()).value)
        await reader.cancel()
        return JSON.parse(text.slice(text.indexOf('{'), text.indexOf('event: tick'))).history.t
      })`,
    )
    expect(times).toHaveLength(600)
  })
})

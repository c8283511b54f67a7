import { configure, getOptions, inspect, type PoolRef } from '@genpool/core'
import { serveDashboard } from '@genpool/dashboard'
import type { Page } from 'playwright-core'
import { send, workers } from './pools'
import { read, settled, Visit } from './visit'

const visit = new Visit()
const token = 'a token for the tests'
const at = (pool: unknown): PoolRef => pool as PoolRef

describe('a page whose process goes away', () => {
  it('says since when, and shows the pool again when it is back', async () => {
    const pool = workers(visit, 'db')
    const first = await visit.serve([pool])
    const page = await visit.open(first.url)
    await visit.pass(page, 2, () => send(pool, 1))
    expect(await read(page, '#connection')).toBe('Live')

    await first.close()
    await page.locator('#connection', { hasText: /^Connection lost \d+ s ago\. Trying again …$/ }).waitFor()
    expect(await page.locator('body').getAttribute('data-lost')).toBe('')
    // A browser reports each try that fails; the page itself reports nothing.
    expect(visit.errors.splice(0).filter((error) => !error.includes('ERR_CONNECTION_REFUSED'))).toEqual([])

    const again = await serveDashboard({ pools: [at(pool)], port: Number(new URL(first.url).port), clock: visit.clock })
    await page.locator('#connection', { hasText: 'Live' }).waitFor()
    visit.errors = visit.errors.filter((error) => !error.includes('ERR_CONNECTION_REFUSED'))
    expect(await page.locator('body').getAttribute('data-lost')).toBeNull()
    await again.close()
    await page.close()
  })
})

describe('a page that is left open', () => {
  it('does not grow in an hour', async () => {
    const pool = workers(visit, 'db', { size: 3, broker: { client: { type: 'drop', max: 4 } } })
    const { url } = await visit.serve([pool])
    const page = await visit.open(url)
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    const measured = async (): Promise<Record<string, number>> => {
      for (let i = 0; i < 2; i++) await session.send('HeapProfiler.collectGarbage')
      const { metrics } = await session.send('Performance.getMetrics')
      return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
    }
    const busy = (second: number): void => {
      send(pool, second % 9, { ms: 100, key: `k${second % 50}` })
      if (second % 60 === 0) configure(pool, { size: 2 + ((second / 60) % 3) })
    }
    // The ten minutes that it keeps.
    await visit.pass(page, 660, busy)
    const before = await measured()
    await visit.pass(page, 2940, busy)
    const after = await measured()
    expect(inspect(at(pool)).accepted).toBeGreaterThan(10_000)
    expect(after['Nodes']! - before['Nodes']!).toBeLessThan(300)
    expect(after['JSEventListeners']! - before['JSEventListeners']!).toBeLessThan(30)
    expect(after['JSHeapUsedSize']!).toBeLessThan(before['JSHeapUsedSize']! * 1.25 + 500_000)
  })
})

describe('a page over 100 pools', () => {
  const many = async (): Promise<Page> => {
    const pools = Array.from({ length: 100 }, (_, i) => workers(visit, `pool-${i}`, { size: 2, paused: i === 77 }))
    const page = await visit.open((await visit.serve(pools)).url)
    await visit.pass(page, 2, () => {
      for (const pool of pools) send(pool, 1)
    })
    return page
  }

  it('shows those in trouble first, and finds the others by name', async () => {
    const page = await many()
    expect(await read(page, '#summary')).toBe('1 of 100 needs attention')
    expect(await page.locator('#pools li').count()).toBe(100)
    expect(await read(page, '#pools li')).toBe('▲ pool-77 paused 2 wait')
    await page.getByRole('searchbox', { name: 'Find a pool' }).fill('pool-4')
    expect(await page.locator('#pools li').count()).toBe(11)
    await page.getByRole('link', { name: 'pool-42' }).click()
    await page.locator('#name', { hasText: 'pool-42' }).waitFor()
    expect(page.url()).toMatch(/#pool-42$/)
  })

  it('draws a second in a small part of it', async () => {
    const page = await many()
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable')
    const worked = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? NaN
    }
    const before = await worked()
    for (let second = 0; second < 10; second++) await visit.pass(page, 1)
    // No measure of speed: an error that makes it a hundred times slower is found on any machine.
    expect((await worked()) - before).toBeLessThan(10)
  })
})

describe('a page that may write', () => {
  const opened = async (pool: unknown): Promise<Page> => {
    const { url } = await visit.serve([pool], { token, write: true })
    return visit.open(`${url}?token=${encodeURIComponent(token)}`)
  }

  it('asks for the token first', async () => {
    const { url } = await visit.serve([workers(visit, 'db')], { token })
    const page = await visit.blank()
    await page.goto(url)
    visit.errors = [] // The browser reports the 401 of the form.
    await page.getByLabel('Token of this dashboard').fill(token)
    await page.getByRole('button').click()
    await page.locator('#name', { hasText: 'db' }).waitFor()
    expect(page.url()).toBe(url)
    expect(await page.locator('#controls').isVisible()).toBe(false)
  })

  it('shows the remedy as a diff of options, and applies it, by keyboard alone', async () => {
    const pool = workers(visit, 'db', { size: 2 })
    const page = await opened(pool)
    await visit.pass(page, 5, () => send(pool, 30, { ms: 300 }))
    const button = page.getByRole('button', { name: 'Change size: 2 → 3 …' })
    await button.focus()
    await page.keyboard.press('Enter')
    await page.locator('.diff ins').waitFor()
    expect(await read(page, '.diff')).toBe('- size: 2 + size: 3')
    expect(inspect(at(pool)).size).toBe(2)
    await page.keyboard.type('4')
    await page.locator('.diff ins', { hasText: 'size: 4' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('dialog').waitFor({ state: 'hidden' })
    expect(inspect(at(pool)).size).toBe(4)
    await settled(page)
    expect(await read(page, '#changes')).toMatch(/\d\d:\d\d:\d\d size 2 → 4$/)
  })

  it('says what is wrong with a change, and changes nothing', async () => {
    const pool = workers(visit, 'db', { size: 2 })
    const page = await opened(pool)
    await visit.pass(page, 1)
    await page.getByRole('button', { name: 'Resize …' }).click()
    await page.getByRole('spinbutton').fill('2.5')
    await page.locator('.error', { hasText: 'at size' }).waitFor()
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true)
    await page.keyboard.press('Enter')
    await page.getByRole('spinbutton').fill('3')
    await page.locator('.diff ins', { hasText: 'size: 3' }).waitFor()
    expect(await read(page, '.error')).toBe('')
    expect(await page.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(false)
    visit.errors = [] // The browser reports the 422.
    await page.keyboard.press('Escape')
    expect(getOptions(at(pool)).size).toBe(2)
  })

  it('pauses, resumes and drains, and asks before', async () => {
    const pool = workers(visit, 'db', { size: 2 })
    const page = await opened(pool)
    await visit.pass(page, 1)
    const confirm = async (name: string, button = name): Promise<void> => {
      await page
        .getByRole('button', { name: `${name} …` })
        .first()
        .click()
      await page.locator('dialog').getByRole('button', { name: button }).click()
      await page.locator('dialog').waitFor({ state: 'hidden' })
      await settled(page)
    }
    await confirm('Pause')
    expect(inspect(at(pool)).paused).toBe(true)
    expect(await read(page, '#state')).toBe('▲ paused')
    await confirm('Resume')
    expect(inspect(at(pool)).paused).toBe(false)
    await confirm('Drain', 'Drain and stop')
    await visit.pass(page, 1)
    expect(inspect(at(pool)).phase).toBe('stopped')
    expect(await page.locator('#changes li').allInnerTexts()).toEqual(
      ['paused', 'resumed', 'drain', 'stopped'].map((text) => expect.stringMatching(`${text}$`)),
    )
  })
})

describe('the looks of the page', () => {
  it.each([390, 1280])('fit into %d pixels', async (width) => {
    const pool = workers(visit, 'a-pool-with-quite-a-long-name'.repeat(4), { size: 2 })
    const page = await visit.open((await visit.serve([pool])).url, { viewport: { width, height: 800 } })
    await visit.pass(page, 5, () => send(pool, 30, { ms: 300, key: 'k'.repeat(200) }))
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width)
  })

  it('are dark where the system is, unless somebody chooses otherwise', async () => {
    const { url } = await visit.serve([workers(visit, 'db')])
    const page = await visit.open(url, { colorScheme: 'dark' })
    const lightness = (): Promise<number> =>
      page.evaluate<number>(`Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])`)
    expect(await lightness()).toBeLessThan(50)
    await page.getByRole('button', { name: 'Colours: as the system has them' }).click()
    expect(await lightness()).toBeGreaterThan(200)
    await page.reload()
    await page.getByRole('button', { name: 'Colours: light' }).click()
    expect(await lightness()).toBeLessThan(50)
  })

  it('leave the focus where it is while figures change', async () => {
    const pools = [workers(visit, 'a'), workers(visit, 'b')]
    const page = await visit.open((await visit.serve(pools)).url)
    await page.getByRole('link', { name: /b/ }).last().focus()
    await visit.pass(page, 3, () => send(pools[1]!, 30, { ms: 500 }))
    expect(await page.evaluate('document.activeElement.textContent')).toMatch(/b/)
    expect(await page.locator('#pools .pool').allInnerTexts()).toEqual(['b', 'a'])
  })
})

import { call, explain, inspect } from '@genpool/core'
import { stop } from 'nact'
import type { Page } from 'playwright-core'
import type { RemoteInspection } from '../../../nats/src/client/inspect-remote'
import { remotePool } from '../../../nats/src/client/remote-pool-actor'
import { type Deed, FakeNetwork } from '../../../nats/test/support/fake-network'
import type { RemoteFigures } from '../../src/remote-figures'
import { send, workers } from './pools'
import { read, Visit } from './visit'

/** What `inspect` gives is what the page can show. */
const figuresOf = (seen: RemoteInspection): RemoteFigures => seen

const visit = new Visit()
const remote = (deeds: readonly (readonly Deed[])[] = [['answer'], ['answer'], ['slow']], options: object = {}) => {
  const network = new FakeNetwork(visit.clock, deeds)
  const given = { name: 'n', prefix: 'p', clock: visit.clock, random: () => 0.5, ...options }
  const pool = remotePool(visit.system, network.connection, given)
  const ask = (n: number): void => {
    for (let i = 0; i < n; i++) void call(pool as never, { type: 'find', n: i } as never).catch(() => undefined)
  }
  return { network, pool, ask }
}
const rowsOf = async (page: Page): Promise<string[]> =>
  (await page.locator('#nodes tbody tr').allInnerTexts()).map((row) => row.replace(/\s+/g, ' '))
const valueOf = async (page: Page, tile: string): Promise<number> =>
  Number(await page.locator(`[data-tile=${tile}] data`).getAttribute('value'))
const tick = (page: Page): Promise<void> => visit.pass(page, 1)

describe('the page of a pool that runs elsewhere', () => {
  it('shows its nodes as rows, with the figures of inspect', async () => {
    const { pool, ask } = remote()
    const page = await visit.open((await visit.serve([pool])).url)
    await visit.pass(page, 5, () => ask(3))
    const seen = figuresOf(inspect(pool))
    expect(await read(page, '#state')).toBe('● calm')
    expect(await read(page, '#findings')).toBe('Nothing limits it: 3 nodes answer.')
    const rows = await rowsOf(page)
    expect(rows).toHaveLength(3)
    for (const [i, { id, answered }] of [...seen.nodes].sort((a, b) => (a.id < b.id ? -1 : 1)).entries()) {
      expect(rows[i]).toMatch(new RegExp(`^${id} (● alive|◐ warming up) 0 of 4 0 0 ${answered} `))
      expect(rows[i]).toMatch(/ ms .* now .* 0\.0\.0$/)
    }
    const shown = Object.fromEntries(
      await Promise.all(
        ['replied', 'answer', 'in-flight', 'nodes', 'dropped', 'errors', 'again'].map(async (tile) => [
          tile,
          await valueOf(page, tile),
        ]),
      ),
    )
    expect(shown).toEqual({
      replied: seen.answered,
      answer: seen.answer.p99,
      'in-flight': seen.inFlight,
      nodes: 3,
      dropped: 0,
      errors: 0,
      again: 0,
    })
    expect(await page.locator('.plot h4').allInnerTexts()).toEqual([
      'Time to an answer',
      'Throughput',
      'In flight from here, and waiting',
      'Nodes',
      'Round trip to the farthest node',
      'Dropped, and sent again',
      'Errors',
      'Event loop delay',
    ])
    expect(await page.locator('#members, #waits').filter({ visible: true }).count()).toBe(0)
  })

  it('says which node is doubtful, which leaves, and marks those that came and went', async () => {
    const { network, pool, ask } = remote()
    const page = await visit.open((await visit.serve([pool])).url)
    await visit.pass(page, 2, () => ask(3))
    const [silent, leaving, dies] = network.nodes.map(({ id }) => id)
    network.stall(network.nodes[0]!)
    await visit.pass(page, 3)
    expect(await rowsOf(page)).toEqual([
      expect.stringMatching(`^${silent} ▲ doubtful `),
      expect.stringMatching(`^${leaving} ●|◐ `),
      expect.stringMatching(`^${dies} ●|◐ `),
    ])
    expect(await read(page, '#findings article')).toMatch(/^▲ silent nodes Look at these processes\./)
    expect(await page.locator('#nodes tr[data-stuck]').count()).toBe(1)
    network.wake(network.nodes[0]!)
    network.leave(network.nodes[1]!)
    network.kill(network.nodes[2]!)
    await visit.pass(page, 5, () => ask(2))
    const gone = await read(page, '#changes')
    expect(gone).toContain(`node ${leaving} is gone`)
    expect(gone).toContain(`node ${dies} is gone`)
    expect(await rowsOf(page)).toEqual([expect.stringMatching(`^${silent} ●|◐ `)])
    network.up(network.nodes[2]!)
    await visit.pass(page, 2)
    expect(await read(page, '#changes')).toContain(`node ${network.nodes[2]!.id} came`)
  })

  it('shows a node that leaves until it has finished what it has', async () => {
    const { network, pool, ask } = remote([['answer'], ['late']])
    const page = await visit.open((await visit.serve([pool])).url)
    await visit.pass(page, 2, () => ask(4))
    const { id } = network.nodes[1]!
    network.leave(network.nodes[1]!)
    await tick(page)
    const row = (await rowsOf(page)).find((text) => text.startsWith(id))
    expect(row).toMatch(/ ◆ leaving /)
    expect(await read(page, '[data-tile=nodes]')).toBe('Nodes alive 1 of 2 1 leaving')
  })

  it('says that nobody answers, and that its address has stopped', async () => {
    const { network, pool, ask } = remote([['answer']])
    const page = await visit.open((await visit.serve([pool])).url)
    await visit.pass(page, 2, () => ask(1))
    network.link(false)
    await visit.pass(page, 2, () => ask(1))
    expect(await read(page, '#state')).toBe('■ no node answers')
    expect(await read(page, '#changes')).toContain('connection lost')
    network.link(true)
    await visit.pass(page, 2, () => ask(1))
    expect(await read(page, '#state')).toBe('● calm')
    network.kill(network.nodes[0]!)
    // A node that has gone may come back for a while.
    await visit.pass(page, 8, () => ask(1))
    expect(await read(page, '#findings article')).toContain('No node serves "n"')
    expect(await read(page, '#nodes')).toContain('No node is known.')
    expect(await valueOf(page, 'errors')).toBeGreaterThan(0)
    stop(pool)
    await visit.pass(page, 2)
    expect(await read(page, '#state')).toBe('■ stopped')
    expect(explain(pool).findings[0]!.finding).toBe('stopped')
  })

  it('stands beside pools of this process, and each has its own plots and tables', async () => {
    const db = workers(visit, 'db')
    const { pool, ask } = remote()
    const page = await visit.open((await visit.serve([db, pool])).url)
    await visit.pass(page, 3, () => {
      send(db, 2)
      ask(2)
    })
    expect(await page.locator('#nodes').isVisible()).toBe(false)
    await page.locator('#pools a', { hasText: 'n' }).filter({ hasText: 'of 12' }).click()
    await page.locator('#name', { hasText: /^n$/ }).waitFor()
    await tick(page)
    expect(await rowsOf(page)).toHaveLength(3)
    expect(await page.locator('.plot h4').first().innerText()).toBe('Time to an answer')
    await page.locator('#pools a', { hasText: 'db' }).click()
    await page.locator('#name', { hasText: 'db' }).waitFor()
    await tick(page)
    expect(await page.locator('#members tbody tr').count()).toBe(4)
    expect(await page.locator('.plot h4').first().innerText()).toBe('Wait before a run')
    expect(await page.locator('#nodes').isVisible()).toBe(false)
  })

  it('changes its options where visitors may, and offers nothing that is done elsewhere', async () => {
    const { pool, ask } = remote([['slow']], { maxInFlight: 4 })
    const token = 'a token of this test'
    const { url } = await visit.serve([pool], { token, write: true })
    const page = await visit.open(`${url}?token=${encodeURIComponent(token)}`)
    await visit.pass(page, 2, () => ask(8))
    expect(await page.locator('#controls').isVisible()).toBe(false)
    await page.locator('#findings button', { hasText: 'Change maxInFlight: 4 → 6' }).click()
    await page.locator('#dialog button', { hasText: 'Apply' }).click()
    await page.locator('#dialog').waitFor({ state: 'hidden' })
    expect(inspect(pool).full).toBeGreaterThan(0)
    await visit.pass(page, 2)
    expect(await read(page, '[data-tile=in-flight]')).toContain('at most 6 from here')
    expect(await read(page, '#changes')).toMatch(/maxInFlight 4 → 6$/)
  })

  it('fits on a narrow screen: only the table itself scrolls sideways', async () => {
    const { pool, ask } = remote()
    const page = await visit.open((await visit.serve([pool])).url, { viewport: { width: 390, height: 800 } })
    await visit.pass(page, 2, () => ask(3))
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(await rowsOf(page)).toHaveLength(3)
  })
})

import type { PoolRef } from '@genpool/core'
import { serveDashboard, type ServedDashboard, type ServerOptions } from '@genpool/dashboard'
import { type VirtualClock, virtualClock } from '@genpool/runtime/testing'
import { type ActorSystemRef, start, stop } from 'nact'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { startChromium } from './chromium'

const BEFORE_WORK = 0.25

/** One browser for a test file; each test has an actor system, a virtual clock and pages of its own. */
export class Visit {
  clock!: VirtualClock
  system!: ActorSystemRef
  /** What the pages have reported as errors. */
  errors: string[] = []
  #browser!: Browser
  #served: ServedDashboard[] = []

  constructor() {
    beforeAll(async () => {
      this.#browser = await startChromium()
    })
    afterAll(() => this.#browser?.close())
    beforeEach(() => {
      this.clock = virtualClock()
      this.system = start()
      this.errors = []
    })
    afterEach(async () => {
      for (const context of this.#browser.contexts()) await context.close()
      for (const served of this.#served.splice(0)) await served.close()
      stop(this.system)
      expect(this.errors).toEqual([])
    })
  }

  /** Serves pools as `PoolRef`s of any protocol. */
  async serve(pools: readonly unknown[], options: Partial<ServerOptions> = {}): Promise<ServedDashboard> {
    // From here on, whatever the pools do at a whole millisecond is over when the dashboard measures.
    await this.clock.advance(BEFORE_WORK)
    const served = await serveDashboard({ pools: pools as PoolRef[], port: 0, clock: this.clock, ...options })
    this.#served.push(served)
    return served
  }

  /** Opens a page, and waits for its first figures. */
  async open(url: string, options: BrowserContextOptions = {}, timeOfDay?: Date): Promise<Page> {
    const page = await this.blank(options)
    if (timeOfDay !== undefined) await page.clock.setFixedTime(timeOfDay)
    await page.goto(url)
    await page.locator('#name', { hasText: /./ }).waitFor()
    return page
  }

  async blank(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    const page = await context.newPage()
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.errors.push(message.text())
    })
    return page
  }

  /** Moves time, and waits until the page shows the second that it has come to. */
  async pass(page: Page, seconds: number, each: (second: number) => Promise<void> | void = () => undefined) {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(BEFORE_WORK)
      await each(second)
      await this.clock.advance(1000 - BEFORE_WORK)
    }
    await settled(page)
  }
}

/** Strings, since the code of the tests knows no page. */
const FRAMES = 'new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))'

/** Waits until the page has drawn what the server has sent. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(`fetch('icon.svg').then((response) => response.text())`)
  await page.evaluate(FRAMES)
}

/** The text of a part of the page, as a person reads it: without what is hidden, in one line. */
export async function read(page: Page, selector: string): Promise<string> {
  const text = await page.locator(selector).first().innerText()
  return text.replace(/\s+/g, ' ').trim()
}

import { createStore } from '@genpool/state-ane'

/** What goes over a whole list each time that it is called. */
const OVER_ALL = ['includes', 'indexOf', 'find', 'findIndex', 'some', 'every', 'filter', 'map', 'forEach'] as const

/** How many items of lists a piece of work goes over, and how many texts it makes. */
function operationsOf(work: () => void): number {
  let count = 0
  const spies = OVER_ALL.map((name) => {
    const original = Array.prototype[name] as (this: unknown[], ...args: unknown[]) => unknown
    return jest.spyOn(Array.prototype, name as never).mockImplementation(function (
      this: unknown[],
      ...args: unknown[]
    ) {
      count += this.length
      return original.apply(this, args)
    } as never)
  })
  const makeText = String
  const texts = jest.spyOn(globalThis, 'String').mockImplementation(((value: unknown) => {
    count++
    return makeText(value)
  }) as never)
  try {
    work()
  } finally {
    texts.mockRestore()
    for (const spy of spies) spy.mockRestore()
  }
  return count
}

describe('a transaction over many cells', () => {
  it.each([
    ['changes all of them', (draft: Record<string, number>) => Object.keys(draft).forEach((key) => draft[key]!++)],
    ['returns another record', (draft: Record<string, number>) => ({ ...draft, k1: 5 })],
    ['changes none', () => undefined],
  ])('takes twice as much work for twice as many cells: it %s', (_what, recipe) => {
    const over = (cells: number): number => {
      const store = createStore({ initial: 0 })
      const keys = Array.from({ length: cells }, (_each, i) => `k${i}`)
      let told = 0
      for (const key of keys) store.cell(key).watch(() => void told++)
      const operations = operationsOf(() => void store.transaction(keys, recipe as never))
      if (recipe.length > 0) expect(told).toBeGreaterThan(0)
      return operations
    }
    const [few, many] = [over(200), over(800)]
    expect(few).toBeGreaterThan(200)
    // Four times as many, and no more than that.
    expect(many / few).toBeLessThan(5)
  })
})

import { Batch } from '../../src/requests/batch'
import type { Request } from '../../src/requests/request'

/** A request of which is counted how often somebody looks whether it has given up. */
class Looked {
  static looks = 0
  hasLeft = false

  get abandoned(): boolean {
    Looked.looks++
    return this.hasLeft
  }

  get outcome(): string | null {
    Looked.looks++
    return this.hasLeft ? 'cancelled' : null
  }
}

describe('a batch of very many', () => {
  it.each([
    ['from the first to the last', (requests: Looked[]) => requests],
    ['from the last to the first', (requests: Looked[]) => [...requests].reverse()],
    ['the first one last', ([first, ...others]: Looked[]) => [...others, first as Looked]],
  ])('looks at each a few times if all leave, %s', (_order, inOrder) => {
    const requests = Array.from({ length: 100_000 }, () => new Looked())
    const [first, ...others] = requests as unknown as [Request, ...Request[]]
    const batch = new Batch(first, others)
    Looked.looks = 0
    const goesOn: boolean[] = []
    for (const request of inOrder(requests)) {
      goesOn.push(batch.goesOnWithout(request as never))
      request.hasLeft = true
      if (batch.isAwaited !== goesOn.at(-1)) throw new Error('it does not know who waits')
    }
    expect(goesOn.indexOf(false)).toBe(requests.length - 1)
    expect(Looked.looks).toBeLessThan(10 * requests.length)
  })
})

import { CatchUp } from '../../src/server/catch-up'
import { HeldRequests } from '../../src/server/held-requests'
import type { RequestHeader } from '../../src/wire/frames'

/** A node whose state is at version 0, and reaches another one when the test says so. */
function node() {
  let version = 0
  const asked: { readonly wanted: number; readonly reached: (isHere: boolean) => void }[] = []
  const begun: number[] = []
  const held = new HeldRequests(() => undefined)
  const state = {
    isBehind: (seen: { version: number }) => seen.version > version,
    reach: (wanted: number) =>
      new Promise<boolean>((resolve) => {
        const reached = (isHere: boolean): void => {
          if (isHere) version = wanted
          resolve(isHere)
        }
        asked.push({ wanted, reached })
      }),
  }
  const catchUp = new CatchUp(state as never, held)
  const headerOf = (seen: number): RequestHeader => ({ state: { version: seen } }) as never
  const comes = (seen: number): void => {
    catchUp.with(headerOf(seen))
    if (held.isHolding) held.add(`${seen}`, () => begun.push(seen))
    else begun.push(seen)
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { asked, begun, comes, settle, hasFailed: (seen: number) => catchUp.hasFailed(headerOf(seen)) }
}

describe('a node whose state is behind what callers have seen', () => {
  it('begins nothing before it has the latest that one of them has seen, also if that one came later', async () => {
    const { asked, begun, comes, settle } = node()
    for (const seen of [0, 1, 3, 2]) comes(seen)
    expect([begun, asked.map(({ wanted }) => wanted)]).toEqual([[0], [1]])
    asked[0]!.reached(true)
    await settle()
    expect([begun, asked.map(({ wanted }) => wanted)]).toEqual([[0], [1, 3]])
    asked[1]!.reached(true)
    await settle()
    expect(begun).toEqual([0, 1, 3, 2])
    comes(3)
    expect([begun.at(-1), asked.length]).toEqual([3, 2])
  })

  it('begins the others if it cannot have it, and knows which ones need it', async () => {
    const { asked, begun, comes, settle, hasFailed } = node()
    comes(2)
    comes(0)
    asked[0]!.reached(false)
    await settle()
    expect(begun).toEqual([2, 0])
    expect([hasFailed(2), hasFailed(0)]).toEqual([true, false])
  })
})

import { call, cast, definePool, map, noReply, reply, spawnPool } from '@genpool/core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { start, stop } from 'nact'
import { renderRequests } from '../reference/requests'

const page = readFileSync(join(__dirname, '..', 'reference', 'requests.md'), 'utf8')
/** The options that the page has for one kind of request. */
const optionsOf = (kind: 'call' | 'cast' | 'map'): string[] => {
  const column = ['call', 'cast', 'map'].indexOf(kind) + 2
  const rows = page.split('\n').filter((line) => line.startsWith('| `') && !line.includes('Option |'))
  return rows
    .map((row) => row.split(' | '))
    .filter((cells) => cells[column - 1] === 'yes')
    .map(([first = '']) => /`(\w+)`/.exec(first)![1]!)
    .sort()
}
const namesIn = (text: string): string[] =>
  text
    .match(/\w+/g)!
    .filter((word) => word !== 'and')
    .sort()

describe('the page of the options of requests', () => {
  it('is what the types say', () => {
    expect(renderRequests()).toBe(page)
  })

  it('has for each kind of request what is accepted', async () => {
    const system = start()
    const Work = definePool({ calls: { get: () => reply(1) }, casts: { put: () => noReply() } })
    const pool = spawnPool(system, Work, 'pool')
    const wrong = { nothingLikeIt: 1 } as object
    const ofCall = await call(pool, { type: 'get' }, wrong).catch((error: Error) => error.message)
    const ofCast = cast(pool, { type: 'put' }, wrong)
    expect(namesIn(/there are (.*)\./.exec(String(ofCall))![1]!).filter((name) => name !== 'latest')).toEqual(
      optionsOf('call'),
    )
    expect(namesIn(/there are (.*)\./.exec(ofCast.ok ? '' : ofCast.error.message)![1]!)).toEqual(optionsOf('cast'))
    expect(() => map(pool, [], wrong)).toThrow(`Accepted keys: ${optionsOf('map').join(', ')}`)
    stop(system)
  })
})

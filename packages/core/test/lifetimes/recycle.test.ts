import { call, configure } from '@genpool/core'
import { clock } from '../virtual-system'
import { written, count } from './written'

describe('recycle', () => {
  it('replaces a member after its number of messages, between two of them', async () => {
    const { pool, log } = written({ recycle: { afterMessages: 3, jitter: 0 } })
    const names = await Promise.all(Array.from({ length: 9 }, () => call(pool, { type: 'who' })))
    expect(names).toEqual([1, 2, 3].flatMap((n) => Array.from({ length: 3 }, () => `member-1.${n}`)))
    expect(count(log, 'terminate member-1.1 recycled')).toBe(1)
  })

  it('replaces a member of a certain age; a busy one when it is done', async () => {
    const { pool, open, log } = written({ recycle: { afterMs: 1000, jitter: 0 } })
    await clock.advance(990)
    expect(await call(pool, { type: 'who' })).toBe('member-1.1')
    await clock.advance(20)
    expect(await call(pool, { type: 'who' })).toBe('member-1.2')
    const busy = call(pool, { type: 'hang' })
    await clock.advance(1500)
    expect(log.filter((line) => line.includes('member-1.2'))).toEqual(['init member-1.2'])
    open()
    expect(await busy).toBe('late')
    expect(await call(pool, { type: 'who' })).toBe('member-1.3')
    expect(log).toContain('terminate member-1.2 recycled {"done":1}')
  })

  it('does not replace all members at the same time', async () => {
    const { log } = written({ size: 50, recycle: { afterMs: 1000, jitter: 0.5 } })
    await clock.advance(490)
    expect(count(log, 'terminate')).toBe(0)
    await clock.advance(260)
    expect(count(log, 'terminate')).toBeGreaterThan(5)
    expect(count(log, 'terminate')).toBeLessThan(45)
    await clock.advance(270)
    expect(count(log, 'terminate')).toBeGreaterThanOrEqual(50)
  })

  it('applies to running members when it is changed', async () => {
    const { pool } = written()
    configure(pool, { recycle: { afterMessages: 2, jitter: 0 } })
    const names = await Promise.all(Array.from({ length: 4 }, () => call(pool, { type: 'who' })))
    expect(names).toEqual(['member-1.1', 'member-1.1', 'member-1.2', 'member-1.2'])
    await clock.advance(500)
    configure(pool, { recycle: { afterMessages: Infinity, afterMs: 600 } })
    await clock.advance(110)
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
    configure(pool, { recycle: { afterMs: Infinity } })
    await clock.advance(5000)
    expect(await call(pool, { type: 'who' })).toBe('member-1.4')
  })
})

import { hasContext, systemClock, Turn, withoutContext } from '@genpool/runtime'
import { virtualClock } from '@genpool/runtime/testing'
import { spawnSync } from 'node:child_process'
import { AsyncLocalStorage } from 'node:async_hooks'
import { resolve } from 'node:path'

const user = new AsyncLocalStorage<string>()
const ROOT = resolve(__dirname, '../../..')

/** What a program of its own prints: in this one, jest may have used a storage already. */
const printed = (program: string): string => {
  const load = `const { hasContext, withoutContext } = require('./packages/runtime/src/caller-context.ts')
    const { AsyncLocalStorage } = require('node:async_hooks'); const user = new AsyncLocalStorage();`
  const whole = program.replace('LOAD', load)
  const { stdout, stderr } = spawnSync(process.execPath, ['-r', './.ci/register.cjs', '-e', whole], { cwd: ROOT })
  return String(stdout).trim() + String(stderr)
}

describe('work outside of all asynchronous contexts', () => {
  it('sees no storage, also after an await, and what is around it stays', async () => {
    const seen: unknown[] = []
    const done = user.run('ann', () => {
      const work = withoutContext(async () => {
        seen.push(user.getStore())
        await Promise.resolve()
        seen.push(user.getStore())
      })
      seen.push(user.getStore())
      return work
    })
    await done
    expect(seen).toEqual([undefined, 'ann', undefined])
  })

  it('leaves nothing open for the hooks of a test runner, and is outside of contexts all the same', () => {
    const program = `const open = new Map(), hooks = require('node:async_hooks').createHook({
      init: (id, type) => void (type.startsWith('GenPool') && open.set(id, type)), destroy: (id) => void open.delete(id),
    }).enable(); LOAD
    const inside = user.run('ann', () => withoutContext(() => user.getStore()))
    // Node tells of what is destroyed in a later turn.
    setImmediate(() => setImmediate(() => console.log([...open.values()], inside)))`
    expect(printed(program)).toBe('[] undefined')
  })

  it('returns what it returns, and throws what it throws', () => {
    expect(user.run('ann', () => withoutContext(() => 5))).toBe(5)
    const fail = (): never => {
      throw new Error('work')
    }
    expect(() => user.run('ann', () => withoutContext(fail))).toThrow('work')
    expect(user.run('ann', () => user.getStore())).toBe('ann')
  })

  it('is that of a turn and of its end, whoever starts it', async () => {
    const seen: unknown[] = []
    const clock = virtualClock()
    const turn = Turn.of(clock)
    const runnable = { run: () => void seen.push(user.getStore()), rest: () => void seen.push(user.getStore()) }
    user.run('ann', () => {
      turn.schedule(runnable)
      turn.touch(runnable)
    })
    await clock.settle()
    expect(seen).toEqual([undefined, undefined])
  })

  it('is that of the timers of the system clock', async () => {
    const seen = new Promise((resolve) => {
      user.run('ann', () => systemClock.setTimer(systemClock.now(), () => resolve(user.getStore())))
    })
    expect(await seen).toBeUndefined()
  })
})

describe('whether there is a context', () => {
  it('is true wherever a storage has a value, also after an await', async () => {
    await user.run('ann', async () => {
      expect(hasContext()).toBe(true)
      await Promise.resolve()
      expect(hasContext()).toBe(true)
    })
  })

  it('is false until a storage is used, and true at once when one is, however hot the question is', () => {
    const program = `LOAD
      let early = 0
      for (let i = 0; i < 1e6; i++) if (hasContext()) early++
      console.log(early, user.run(1, () => hasContext()), user.run(1, () => withoutContext(() => user.getStore())))`
    expect(printed(program)).toBe('0 true undefined')
  })

  it('is known where the global promise was replaced, and where this is loaded inside of a context', () => {
    const program = `global.Promise = class {}
      const early = new (require('node:async_hooks').AsyncLocalStorage)()
      early.run('first', () => { LOAD; console.log(hasContext(), withoutContext(() => early.getStore())) })`
    expect(printed(program)).toBe('true undefined')
  })
})

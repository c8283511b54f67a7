import {
  BaseActor,
  findActor,
  findAtOnce,
  isGenPoolError,
  type Reference,
  ReplyReference,
  spawnActor,
} from '@genpool/runtime'
import { dispatch, query, type Ref, spawn, start, stop } from 'nact'

const log: string[] = []

class Echo extends BaseActor {
  get ref(): Ref<never> {
    return this.reference as never
  }
  protected override receive(message: unknown, sender: Reference): void {
    log.push(`${this.name} got ${String(message)}`)
    if (sender.type !== 'nobody') dispatch(sender as never, message as never)
  }
  protected override receiveQuery(message: unknown): Promise<unknown> {
    return Promise.resolve(message)
  }
  protected override onStopped(): void {
    log.push(`${this.name} stopped`)
  }
}

const echo = (parent: Ref<never>, name: string): Echo => spawnActor(parent, (concrete) => new Echo(concrete, name))
const idle = (parent: Ref<never>, name: string): Ref<never> =>
  spawn(parent, (state: unknown) => state, name) as Ref<never>

beforeEach(() => {
  log.length = 0
})

describe('BaseActor', () => {
  it('takes nact messages and queries in the turn in which they are sent', async () => {
    const system = start()
    const actor = echo(system, 'echo')
    dispatch(actor.ref, 'hello' as never)
    expect(log).toEqual(['echo got hello'])
    expect(await (query as (...args: unknown[]) => Promise<unknown>)(actor.ref, 'hi', 100)).toBe('hi')
    stop(system)
  })

  it('gets a name of its own where none is given, however many there are', () => {
    const system = start()
    // As random as nact makes them, two of so many would have one name, nearly always.
    for (let i = 0; i < 200_000; i++) spawnActor(system, (concrete) => new Echo(concrete))
    stop(system)
    expect(log).toHaveLength(200_000)
  })

  it('has children of its own, found and forgotten by name, also if another actor has none', () => {
    const system = start()
    const [full, empty] = [echo(system, 'full'), echo(system, 'empty')]
    const child = echo(full.ref, 'child')
    expect(findActor(child.ref)).toBe(child)
    expect([...full.children.keys(), ...full.childReferences.keys()]).toEqual(['child', 'child'])
    expect([empty.children.size, empty.childReferences.size]).toEqual([0, 0])
    stop(child.ref)
    expect([full.children.size, full.childReferences.size]).toEqual([0, 0])
    echo(empty.ref, 'child')
    expect([full.children.size, empty.children.size]).toEqual([0, 1])
    stop(system)
  })

  it('stops its children first, GenPool ones and plain ones, at any depth', () => {
    const system = start()
    const top = echo(system, 'top')
    const plain = idle(top.ref, 'plain')
    echo(plain, 'deep')
    echo(top.ref, 'near')
    stop(top.ref)
    expect(log).toEqual(['deep stopped', 'near stopped', 'top stopped'])
    expect(findActor(plain)).toBeUndefined()
    stop(system)
  })

  it('stops with the system, which nact forgets', () => {
    const system = start()
    echo(system, 'a')
    stop(system)
    expect(log).toEqual(['a stopped'])
  })

  it('stops with any plain ancestor, however far up', () => {
    const system = start()
    const grandparent = idle(system, 'grandparent')
    const parent = idle(grandparent, 'parent')
    echo(parent, 'a')
    stop(grandparent)
    expect(log).toEqual(['a stopped'])
    stop(system)
    expect(log).toEqual(['a stopped'])
  })

  it('stops with a system that it is a grandchild of', () => {
    const system = start()
    echo(idle(system, 'parent'), 'a')
    stop(system)
    expect(log).toEqual(['a stopped'])
  })

  it('stops once, ignores messages afterwards and rejects queries', async () => {
    const system = start()
    const actor = echo(system, 'a')
    actor.stop()
    actor.stop()
    actor.dispatch('late')
    expect(log).toEqual(['a stopped'])
    await expect(actor.query('late', 100)).rejects.toMatchObject({ code: 'ERR_GENPOOL_STOPPED' })
    stop(system)
  })

  it('refuses a parent that has stopped, and a name that is taken', () => {
    const system = start()
    const parent = idle(system, 'parent')
    stop(parent)
    expect(() => echo(parent, 'a')).toThrow(expect.objectContaining({ code: 'ERR_GENPOOL_STOPPED' }))
    echo(system, 'b')
    expect(() => echo(system, 'b')).toThrow('already exists')
    stop(system)
  })
})

describe('ReplyReference', () => {
  it('carries an answer from any actor to its own target, also when it is copied', () => {
    const system = start()
    const concrete = findActor(system)!.system
    const answers: unknown[] = []
    const first = new ReplyReference(concrete, { resolve: (value) => answers.push(['first', value]) })
    const second = new ReplyReference(concrete, { resolve: (value) => answers.push(['second', value]) })
    dispatch(structuredCloneOf(second) as never, 2 as never)
    dispatch(first as never, 1 as never)
    dispatch({ ...second } as never, 3 as never)
    expect(answers).toEqual([
      ['second', 2],
      ['first', 1],
      ['second', 3],
    ])
    first.close()
    second.close()
    dispatch(first as never, 4 as never)
    dispatch({ ...second } as never, 4 as never)
    expect(answers).toHaveLength(3)
    expect(concrete.tempReferences.size).toBe(0)
    stop(system)
  })
})

describe('findAtOnce', () => {
  const atOnce = (parent: Ref<never>, name: string): Echo => {
    const actor = echo(parent, name)
    findAtOnce(actor)
    return actor
  }

  it('finds an actor by its address and by copies of it, under any parent', () => {
    const system = start()
    const actor = atOnce(idle(system, 'parent'), 'echo')
    dispatch(actor.ref, 1 as never)
    dispatch({ ...(actor.ref as object) } as never, 2 as never)
    dispatch(JSON.parse(JSON.stringify(actor.ref)) as never, 3 as never)
    expect(log).toEqual(['echo got 1', 'echo got 2', 'echo got 3'])
    stop(system)
  })

  it('finds the next actor with that path, as nact does, and none where none is', () => {
    const system = start()
    const old = atOnce(system, 'echo')
    stop(old.ref)
    expect(findActor(old.ref)).toBeUndefined()
    const next = atOnce(system, 'echo')
    expect(findActor(old.ref)).toBe(next)
    stop(system)
    expect(findActor(next.ref)).toBeUndefined()
  })

  it('finds none below a parent that has stopped, but the next one with that path', () => {
    const system = start()
    const parent = idle(system, 'parent')
    const old = atOnce(parent, 'echo')
    stop(parent)
    expect(findActor(old.ref)).toBeUndefined()
    const next = echo(idle(system, 'parent'), 'echo')
    expect(findActor(old.ref)).toBe(next)
    stop(system)
  })
})

function structuredCloneOf(ref: ReplyReference): unknown {
  return JSON.parse(JSON.stringify(ref))
}

describe('isGenPoolError', () => {
  it('tells GenPool errors from others, by code when asked', async () => {
    const system = start()
    const actor = echo(system, 'a')
    actor.stop()
    const error: unknown = await actor.query('late', 100).catch((reason: unknown) => reason)
    expect(isGenPoolError(error)).toBe(true)
    expect(isGenPoolError(error, 'ERR_GENPOOL_STOPPED')).toBe(true)
    expect(isGenPoolError(error, 'ERR_GENPOOL_EXPIRED')).toBe(false)
    expect(isGenPoolError(new Error('other'))).toBe(false)
    expect(isGenPoolError(null)).toBe(false)
    stop(system)
  })
})

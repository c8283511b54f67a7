import { native } from '@genpool/runtime'
import { runInNewContext } from 'node:vm'
import { deserialize, serialize } from 'node:v8'

const read = <T>(value: T): T => deserialize(serialize(value)) as T

describe('what Node has read', () => {
  const parts = () => ({
    map: new Map<unknown, unknown>([[{ key: 1 }, new Set([new Date(5)])]]),
    list: [new Map([['a', [1, , 3]]])],
    bytes: new Uint8Array([1, 2]),
    name: 'x',
  })

  it('is not of the realm of a test', () => {
    expect(read(new Map())).not.toBeInstanceOf(Map)
  })

  it('is made again as this code would have made it', () => {
    const made = native(read(parts()))
    expect(made).toStrictEqual(parts())
    expect(made.map).toBeInstanceOf(Map)
    expect([...made.map.values()][0]).toBeInstanceOf(Set)
    expect([...([...made.map.values()][0] as Set<unknown>)][0]).toBeInstanceOf(Date)
    expect(made.list[0]).toBeInstanceOf(Map)
    expect(1 in (made.list[0]?.get('a') as object)).toBe(false)
  })

  it('may contain itself, stand in many places, and have a key "__proto__"', () => {
    const shared = { n: 1 }
    const value = {
      map: new Map<string, unknown>(),
      shared,
      again: [shared],
      proto: JSON.parse('{"__proto__": 1}') as object,
    }
    value.map.set('self', value)
    const made = native(read(value))
    expect(made.map.get('self')).toBe(made)
    expect(made.again[0]).toBe(made.shared)
    expect(Object.keys(made.proto)).toEqual(['__proto__'])
  })

  it('stays as it is if it is something else', () => {
    const { port1, port2 } = new MessageChannel()
    for (const value of [port1, new SharedArrayBuffer(4), () => 1, 'text', 7n, null, undefined, Symbol('x')])
      expect(native(value)).toBe(value)
    const error = runInNewContext('new TypeError("no")') as Error
    expect(native(error)).toBe(error)
    port2.close()
  })
})

import { protoNameIn } from '../../src/cells/proto-name'

describe('the name "__proto__" in a value', () => {
  it('is found with its path', () => {
    const bad = JSON.parse('{ "a": [1, { "__proto__": 1 }] }') as object
    expect(protoNameIn([{ op: 'replace', path: ['x'], value: { ok: 1, map: new Map([['bad', bad]]) } }])).toEqual([
      'x',
      'map',
      'bad',
      'a',
      1,
    ])
  })

  it('is found however deep it stands, and where a value is in itself', () => {
    let value = JSON.parse('{ "__proto__": 1 }') as object
    for (let i = 0; i < 100_000; i++) value = { value }
    const circle: { self?: object; value: object } = { value }
    circle.self = circle
    expect(protoNameIn([{ op: 'replace', path: [], value: circle }])).toHaveLength(100_001)
  })
})

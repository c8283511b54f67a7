import { Line } from '../../src/durable/line'

describe('a line', () => {
  it('has one go at a time, in the order in which they came', () => {
    const went: string[] = []
    const line = new Line<string>((one) => went.push(one))
    for (const one of ['a', 'b', 'c']) line.join(one)
    expect(went).toEqual(['a'])
    line.leave('a')
    line.leave('a')
    line.leave('somebody else')
    expect(went).toEqual(['a', 'b'])
    line.leave('b')
    line.leave('c')
    line.join('d')
    expect(went).toEqual(['a', 'b', 'c', 'd'])
  })

  it('gives those that wait, who do not go any more', () => {
    const went: string[] = []
    const line = new Line<string>((one) => went.push(one))
    for (const one of ['a', 'b', 'c']) line.join(one)
    expect(line.takeWaiting()).toEqual(['b', 'c'])
    line.leave('a')
    expect(went).toEqual(['a'])
  })
})

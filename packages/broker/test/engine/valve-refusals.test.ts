import { InvalidError, openValve } from '../../src'

describe('a valve', () => {
  it('refuses a task that runs already, and one that comes while it is closed, and counts neither', () => {
    const valve = openValve<string>({ type: 'open', max: 2 }, 0)
    valve.ask('a', 0)
    expect(() => valve.ask('a', 1)).toThrow('the task runs already')
    valve.ask('b', 1)
    expect(() => valve.ask('c', 2)).toThrow(InvalidError)
    expect(() => valve.ask('c', 2)).toThrow('the valve is closed; a task may start only while it is open')
    expect(valve.tasks()).toEqual(['a', 'b'])
  })
})

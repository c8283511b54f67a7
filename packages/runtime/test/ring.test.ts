import fc from 'fast-check'
import { Ring } from '../src/ring'

it('behaves like a list used as a queue', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer(), fc.constant(null)), { maxLength: 300 }), (steps) => {
      const [ring, list] = [new Ring<number>(), [] as number[]]
      for (const step of steps) {
        if (step !== null && step < 0) {
          ring.unshift(step)
          list.unshift(step)
        } else if (step !== null) {
          ring.push(step)
          list.push(step)
        } else if (list.length > 0) expect(ring.shift()).toBe(list.shift())
        expect(ring.length).toBe(list.length)
      }
      while (ring.length > 0) expect(ring.shift()).toBe(list.shift())
      expect(list).toEqual([])
    }),
  )
})

it('grows in the middle of a round', () => {
  const ring = new Ring<number>()
  for (let i = 0; i < 10; i++) ring.push(i)
  for (let i = 0; i < 10; i++) ring.shift()
  for (let i = 0; i < 100; i++) ring.push(i)
  expect(Array.from({ length: 100 }, () => ring.shift())).toEqual(Array.from({ length: 100 }, (_, i) => i))
})

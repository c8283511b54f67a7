// A user's test with jest and swc.
import { addTwice } from './thread-user'

it('a pool in threads runs in jest', async () => {
  expect(await addTwice()).toBe(10)
}, 60_000)

// What a user's threads load, in TypeScript.
import { definePool, reply } from '@genpool/core'

interface State {
  readonly count: number
}

export default definePool({
  init: (): State => ({ count: 0 }),
  calls: {
    add: ({ value }: { value: number }, { count }: State) => reply(count + value, { count: count + value }),
  },
})

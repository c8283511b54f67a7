// What a user's threads load.
import { definePool, reply } from '@genpool/core'

export default definePool({
  init: () => ({ count: 0 }),
  calls: { add: (msg, state) => reply(state.count + msg.value, { count: state.count + msg.value }) },
})

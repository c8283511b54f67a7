'use strict'
// What a user's threads load.
const { definePool, reply } = require('@genpool/core')

module.exports = definePool({
  init: () => ({ count: 0 }),
  calls: { add: (msg, state) => reply(state.count + msg.value, { count: state.count + msg.value }) },
})

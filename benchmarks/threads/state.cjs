'use strict'
const { definePool, reply } = require('@genpool/core')

/** A state of 100 groups with 100 keys each, and a counter. */
const groups = () => {
  const group = () => Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, { n: 0 }]))
  return Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`g${i}`, group()]))
}

module.exports = definePool({
  init: () => ({ count: 0, groups: process.env.SMALL === undefined ? groups() : { g0: { k0: { n: 0 } } } }),
  calls: {
    read: ({ i }, state) => reply(state.groups[`g${i % 100}`].k0.n),
    count: () =>
      reply(
        (state) => state.count,
        (draft) => {
          draft.count++
        },
      ),
  },
})

'use strict'
/* nact prints a line whenever an actor at the top ends by a fault. Tests cause many faults: what fails would drown in it. */
const { log } = console
console.log = (...args) => {
  if (!/^Stopping top level actor,/.test(String(args[0]))) log.apply(console, args)
}

/* Jest has each error keep 100 places of its stack. Many tests make thousands of errors, and some half a million. */
Error.stackTraceLimit = 15

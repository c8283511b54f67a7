/** When the loop was held up for longer, the requests of that pause are not made up for, in milliseconds. */
const PAUSE_MS = 1

/**
 * Calls `arrive` at the times of a Poisson process, for so many milliseconds, without waiting for what it starts.
 *
 * It looks at the clock in each turn of the event loop: a timer would send a millisecond's requests at once, and they would
 * wait for each other. After a pause, as of a collection, it goes on as before: a burst would measure the pause again.
 *
 * @returns the share of the time that was lost in pauses
 */
export function openLoop(perSecond: number, milliseconds: number, arrive: () => void): Promise<number> {
  return new Promise((resolve) => {
    const start = performance.now()
    let next = start
    let lost = 0
    const turn = (): void => {
      const now = performance.now()
      if (now - next > PAUSE_MS) {
        lost += now - next
        next = now
      }
      for (; next <= now; next += (-Math.log(1 - Math.random()) / perSecond) * 1000) arrive()
      if (now - start < milliseconds) setImmediate(turn)
      else resolve(lost / (now - start))
    }
    turn()
  })
}

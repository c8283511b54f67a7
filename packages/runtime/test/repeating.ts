/** So many refusals without a timer in between: they would go on for ever. */
export const FOR_EVER = 300_000

export interface Seen {
  answered: number
  refused: number
}

/** Callers that try again at once, until it is enough. Returns how often they were answered and refused. */
export async function repeat(attempt: () => unknown, isEnough: (seen: Seen) => boolean): Promise<Seen> {
  const seen: Seen = { answered: 0, refused: 0 }
  const caller = async (): Promise<void> => {
    while (!isEnough(seen) && seen.refused < FOR_EVER) {
      await Promise.resolve(attempt()).then(
        () => seen.answered++,
        () => seen.refused++,
      )
    }
  }
  await Promise.all(Array.from({ length: 10 }, caller))
  return seen
}

/** Callers that try again as soon as they are refused must leave Node its time for all else: here, for one timer. */
export async function leavesTime(attempt: () => unknown): Promise<void> {
  let isOver = false
  setTimeout(() => (isOver = true), 20)
  // Each of the ten callers has tried again at least once, however slow the machine is.
  const { refused } = await repeat(attempt, (seen) => isOver && seen.refused > 20)
  expect(refused).toBeLessThan(FOR_EVER)
}

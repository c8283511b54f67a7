const numbers = new WeakMap<object, number>()

/** In the place of an answer that the owner keeps under this number: it may be anything, also what cannot be sent to a thread. */
export function keptAnswer(number: number): object {
  const answer = {}
  numbers.set(answer, number)
  return answer
}

/** The number of an answer that the owner keeps; undefined for any other value. Never looks at it: that may throw. */
export function keptNumber(answer: unknown): number | undefined {
  return typeof answer === 'object' && answer !== null ? numbers.get(answer) : undefined
}

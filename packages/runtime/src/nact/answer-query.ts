import type { ConcreteSystem } from './internals'
import { ReplyReference } from './replies'

/**
 * Answers nact's `query`. Its message may be a function: a factory that gets the reply address. The message that it
 * returns may be answered at that address, too.
 */
export function answerQuery(
  message: unknown,
  system: ConcreteSystem,
  answer: (message: unknown) => Promise<unknown>,
): Promise<unknown> {
  if (typeof message !== 'function') return answer(message)
  return new Promise((resolve, reject) => {
    const address = new ReplyReference(system, { resolve })
    const settle = (): void => address.close()
    try {
      answer((message as (from: unknown) => unknown)(address))
        .then(resolve, reject)
        .finally(settle)
    } catch (error) {
      settle()
      reject(error as Error)
    }
  })
}

import { type ConcreteSystem, ReplyReference } from '@genpool/runtime'

/**
 * Answers nact's `query`, whose message may be a function: a factory that is given the address at which it is answered,
 * and whose message may be answered there, too.
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

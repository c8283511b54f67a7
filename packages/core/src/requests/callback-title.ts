/**
 * The title of the warning that a callback of a user's has thrown.
 *
 * @param then what follows from it
 */
export function titleOf(callback: string, pool: string, then = 'the pool continues'): string {
  return `${callback} of pool "${pool}" threw; ${then}.`
}

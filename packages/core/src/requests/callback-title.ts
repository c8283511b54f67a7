/** The title of the warning that a callback of a user's has thrown. */
export function titleOf(callback: string, pool: string): string {
  return `${callback} of pool "${pool}" threw; the pool continues.`
}

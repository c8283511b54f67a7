/**
 * Calls a function of the user's that must not take the pool down.
 *
 * What it throws is the user's to see: it surfaces as an uncaught exception in a microtask of its own, where the pool's
 * own work is not disturbed.
 */
export function guard(effect: () => void): void {
  try {
    effect()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}

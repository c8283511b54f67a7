/** Returns the `type` of a message; undefined if it has none. */
export function typeOfMessage(message: unknown): unknown {
  if (typeof message !== 'object' || message === null) return undefined
  try {
    return (message as { type?: unknown }).type
  } catch {
    // A getter or a proxy of the sender threw. The message is refused, and the sender's dispatch does not throw.
    return undefined
  }
}

/** The types of messages for which a behaviour has handlers. */
export interface MessageTypes {
  readonly calls: readonly string[]
  readonly casts: readonly string[]
}

import type { ReplicaMessage } from './replica-messages'

/** What a replica that commits needs of what is around it. */
export interface ReplicaPorts<S> {
  /**
   * Sends to the owner, in order. It arrives after this has returned.
   *
   * @param next for a commit, the value that it leads to
   */
  send(message: ReplicaMessage, next?: S): void
  /** Whose commit it is that is made now: the owner is told. @param isSet whether it sets a value, and is lost if another one comes first */
  tag(isSet: boolean): unknown
  /** What was sent with this tag came to nothing. A recipe runs again, and perhaps changes nothing then. */
  lost?(tag: unknown): void
  /** Whether it calls `rest` when it has made what it can. If not, a turn ends as soon as what has waited for it is sent. */
  readonly rests?: boolean
}

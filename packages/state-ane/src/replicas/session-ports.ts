import type { OwnerMessage } from './replica-messages'

/** What a session needs of what is around it. */
export interface SessionPorts<S> {
  /** Sends to the replica, in order. It arrives after this has returned. */
  send(message: OwnerMessage<S>): void
  /** The last moment before a commit. Returns an error to refuse it. May be asked again. */
  admit(tag: unknown): Error | undefined
  /** A commit is done. Called before anybody else can commit, for a cell that commits at once. */
  committed(tag: unknown): void
  /** A commit has come to nothing, perhaps after it was admitted. Its replica makes it again, or its run fails. */
  voided?(tag: unknown): void
  /** A commit that was being written when the replica was closed has failed. */
  lost?(tag: unknown, error: unknown): void
  /** Something is there to be sent by `update`, or it can be called again after a commit that had to be written. */
  changed(): void
  /** Calls `end` when the turn of this replica has taken too long that another one waits for. */
  limit?(end: () => void): void
}

import { Waiting } from '../../src'

/** A request or a member of the tests. Times are milliseconds. */
export class Party extends Waiting {
  constructor(
    readonly name: string,
    sentAt = 0,
  ) {
    super(sentAt * MS)
  }
}

export const MS = 1_000_000

export function party(name: string, sentAt = 0, more: Partial<Party> = {}): Party {
  return Object.assign(new Party(name, sentAt), more)
}

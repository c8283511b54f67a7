import { immerable } from 'immer'

/** A class that immer makes no drafts of, with a part of each kind. */
export class Account {
  balance = 1
  readonly owner = { name: 'ada' }
  readonly tags = ['new']
  readonly opened = new Date(5)
  readonly notes = new Map([['a', { text: 'x' }]])
  readonly marks = new Set([1])
  readonly key = new Uint8Array(2)
  readonly parent: Account | undefined
  constructor(parent?: Account) {
    this.parent = parent
  }
}
/** A class that asks for drafts. */
export class Point {
  readonly [immerable] = true
  constructor(public at: unknown) {}
}

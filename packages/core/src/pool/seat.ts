import { Waiting } from '@genpool/broker'
import type { Member } from './member'

/** A member's place in the queue of those who want work. */
export class Seat extends Waiting {
  constructor(readonly member: Member) {
    super(0)
  }
}

import type { ConcreteSystem, Turn } from '@genpool/runtime'
import type { Member } from '../members/member'
import type { Failures } from '../requests/failures'
import type { Callbacks } from './callbacks'
import type { DeadLetters } from './dead-letters'
import type { Listeners } from './listeners'
import type { Recorder } from './ports'
import type { ServiceTime } from './service-time'
import type { LiveSettings } from './settings'
import type { Status } from './status'
import type { TurnWork } from './turn-work'

/** What requests pass on their way. */
export interface PoolPorts {
  readonly name: string
  readonly system: ConcreteSystem
  readonly turn: Turn
  readonly settings: LiveSettings
  readonly status: Status
  readonly listeners: Listeners
  readonly recorder: Recorder
  readonly failures: Failures
  readonly callbacks: Callbacks
  readonly deadLetters: DeadLetters
  readonly turnWork: TurnWork
  readonly serviceTime: ServiceTime
  readonly roster: {
    readonly slots: {
      readonly wanted: number
      readonly starting: number
      readonly all: readonly { readonly member: Member | null }[]
    }
  }
  readonly sharesState: boolean
}

import { DroppedError } from '@genpool/broker'
import {
  CancelledError,
  type ErrorCode,
  ExpiredError,
  type GenPoolError,
  InvalidError,
  OptionsError,
  StoppedError,
  UnreachableError,
} from '@genpool/runtime'
import { ConflictError, NotCommittedError } from '@genpool/state-ane'
import { CrashedError, StartTimeoutError } from '../errors'

/** As much of a class as making one of its errors again needs. Its constructor is not called: the text is there already. */
export interface ErrorClass {
  readonly name: string
  readonly prototype: GenPoolError
}

/** The class of each code: an error that comes from elsewhere is made again as one of these. */
export const ERROR_CLASSES: Readonly<Record<ErrorCode, ErrorClass>> = {
  ERR_GENPOOL_DROPPED: DroppedError,
  ERR_GENPOOL_EXPIRED: ExpiredError,
  ERR_GENPOOL_CANCELLED: CancelledError,
  ERR_GENPOOL_CRASHED: CrashedError,
  ERR_GENPOOL_CONFLICT: ConflictError,
  ERR_GENPOOL_NOT_COMMITTED: NotCommittedError,
  ERR_GENPOOL_INVALID: InvalidError,
  ERR_GENPOOL_STOPPED: StoppedError,
  ERR_GENPOOL_OPTIONS: OptionsError,
  ERR_GENPOOL_START_TIMEOUT: StartTimeoutError,
  ERR_GENPOOL_UNREACHABLE: UnreachableError,
}

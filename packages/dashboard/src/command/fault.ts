/** What the command ends with: 0 if all is well. */
export const EXIT = {
  ok: 0,
  /** A file, a connection or a trace is not as it must be. */
  failed: 1,
  /** The arguments are wrong. */
  usage: 2,
  /** `advise`: no setting meets the goal. */
  none: 3,
  interrupted: 130,
} as const

/** An error that a user can understand and put right: it is shown as it is, without a stack. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.failed,
  ) {
    super(message)
  }
}

/** The arguments of the command are wrong. */
export function usage(message: string): Fault {
  return new Fault(message, EXIT.usage)
}

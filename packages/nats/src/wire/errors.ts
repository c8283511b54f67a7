import { readSafely } from '@genpool/runtime'

/** Bytes that are no frame of ours. They come from the network, so this is expected, and never a fault of this process. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame'
}

/** Looks at anything that was thrown, also at a proxy that throws at each look. */
export function isBadFrame(error: unknown): error is BadFrame {
  return readSafely(() => error instanceof BadFrame, false)
}

/** Where in a value the fault is of which an error tells. Empty if it does not say: a codec of a user may throw anything. */
export function pathOf(error: unknown): readonly PropertyKey[] {
  return readSafely(() => [...((error as { path?: readonly PropertyKey[] } | null)?.path ?? [])], [])
}

/** The error of a kind of frame that this version does not have. */
export function unknownKind(kind: number): BadFrame {
  return new BadFrame(
    `the kind of frame ${kind} is not known here: has the other side a newer version of @genpool/nats?`,
  )
}

/** A value that cannot travel. `path` says where in the message it stands. */
export class NotCarried extends Error {
  override readonly name = 'NotCarried'
  constructor(
    message: string,
    readonly path: readonly PropertyKey[] = [],
  ) {
    super(message)
  }
}

/** A value that is larger than what may be sent. */
export class TooLarge extends NotCarried {
  constructor(readonly maxBytes: number) {
    super(
      `it is larger than the ${maxBytes} bytes that may be sent: maxBytes, or less if the server takes less (max_payload)`,
    )
  }
}

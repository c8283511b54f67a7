/** Bytes that are no frame of ours. They come from the network, so this is expected, and never a fault of this process. */
export class BadFrame extends Error {
  override readonly name = 'BadFrame'
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
    super(`it is larger than the ${maxBytes} bytes that may be sent`)
  }
}

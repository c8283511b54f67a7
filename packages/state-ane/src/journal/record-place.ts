/** Where a record is, for an engine that has it in a file. */
export interface RecordPlace {
  readonly path: string
  /** The first byte of what was written together with it. */
  readonly position: number
  /** How to go on without it. */
  readonly remedy: string
}

/** Marks the method of an engine that tells where a record is. */
export const PLACE: unique symbol = Symbol.for('genpool.record-place') as never

/** Undefined for an engine without files. */
export async function placeOf(engine: object, key: string, record: number): Promise<RecordPlace | undefined> {
  const find = (engine as { [PLACE]?: (key: string, record: number) => Promise<RecordPlace | undefined> })[PLACE]
  return find?.call(engine, key, record)
}

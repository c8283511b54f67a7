import type { Codec } from '../wire/codec'
import type { Bucket } from './bucket'
import { type Content, decodeContent, EMPTY, RefusedValue } from './content'
import type { Entry } from './entry'
import type { EntryWriter } from './entry-writer'
import type { Replica } from './replica'

/** How often it tries to write an entry back while others write to it. */
const MOST_TRIES = 5

/** What bringing an entry back needs. */
export interface RestoringPorts {
  readonly bucket: Bucket
  readonly codec: Codec
  readonly replica: Replica
  readonly writer: EntryWriter
}

/**
 * Writes the last good values of an entry back: those that are known here, otherwise those of an earlier revision.
 *
 * @returns false if it is well, or nothing is known of it
 */
export function restored(entry: Entry, { bucket, codec, replica, writer }: RestoringPorts): Promise<boolean> {
  return entry.inTurn(async () => {
    for (let i = 0; i < MOST_TRIES; i++) {
      await replica.look(entry)
      if (entry.fault === undefined) return false
      if (entry.fault instanceof RefusedValue) throw entry.fault
      const earlier = entry.content === EMPTY ? await lastGood(bucket, codec, entry) : entry.content
      if (earlier === undefined) throw entry.fault
      if (entry.fault === undefined) return false
      if (await writer.write(entry, { ...earlier, leases: new Map() })) {
        replica.show(entry)
        return true
      }
    }
    throw entry.fault ?? new Error(overtaken(entry.name, bucket.name))
  })
}

function overtaken(entry: string, bucket: string): string {
  return (
    `entry "${entry}" of bucket "${bucket}" could not be written back in ${MOST_TRIES} tries: each time somebody else had written to ` +
    'it first. Stop those who write without a store, or call restore() again.'
  )
}

/** What the last revision says that can be read; undefined without one. */
async function lastGood(bucket: Bucket, codec: Codec, entry: Entry): Promise<Content | undefined> {
  let found: Content | undefined
  for (const { operation, value } of await bucket.history(entry.name)) {
    try {
      if (operation === 'PUT') found = decodeContent(codec, value)
    } catch {
      // Not this one.
    }
  }
  return found
}

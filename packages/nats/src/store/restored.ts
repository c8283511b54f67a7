import type { Codec } from '../wire/codec'
import type { Bucket } from './bucket'
import { type Content, decodeContent, EMPTY, ForeignEntry, RefusedValue } from './content'
import type { Entry } from './entry'
import type { EntryWriter } from './entry-writer'
import { acceptedFrom, isNewer, OtherHistory, restoredOver } from './histories'
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
 * Writes the last good values of an entry back: those that are known here, otherwise those of an earlier revision. If another machine
 * has restored older values, and more was committed to them since, that counts.
 *
 * @returns false if it is well, or none of a store: that is left alone
 */
export function restored(entry: Entry, ports: RestoringPorts): Promise<boolean> {
  return repaired(entry, ports, (fault) => {
    const { content } = entry
    if (content === EMPTY) return lastGood(ports.bucket, ports.codec, entry)
    const found = fault instanceof OtherHistory ? fault.found : undefined
    return found !== undefined && isNewer(found, content) ? acceptedFrom(content, found) : restoredOver(content, found)
  })
}

/**
 * Takes what an entry says that was made anew, or has gone back: for all machines.
 *
 * @returns false if it is well, or none of a store: that is left alone
 * @throws what is wrong with it, if there is nothing to accept
 */
export function accepted(entry: Entry, ports: RestoringPorts): Promise<boolean> {
  return repaired(entry, ports, (fault) =>
    fault instanceof OtherHistory ? acceptedFrom(entry.content, fault.found) : undefined,
  )
}

/** Writes another content while an entry has a fault. @param repair what to write; undefined if nothing is known */
function repaired(
  entry: Entry,
  { bucket, replica, writer }: RestoringPorts,
  repair: (fault: Error) => Content | undefined | Promise<Content | undefined>,
): Promise<boolean> {
  return entry.inTurn(async () => {
    for (let i = 0; i < MOST_TRIES; i++) {
      await replica.look(entry)
      const { fault } = entry
      if (fault === undefined) return false
      if (fault instanceof RefusedValue) throw fault
      const content = await repair(fault)
      if (content === undefined && fault instanceof ForeignEntry) return false
      if (content === undefined) throw fault
      // Something else has arrived meanwhile.
      if (entry.fault !== fault) continue
      if (await writer.write(entry, content)) {
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
  return found === undefined ? undefined : { ...found, leases: new Map() }
}

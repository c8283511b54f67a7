import { deserialize } from 'node:v8'
import { Worker } from 'node:worker_threads'
import { MOST_DEPTH, textOf } from '@genpool/runtime'
import { JournalError } from './journal-error'

/** A part of a record that is nested too deep. */
interface Deep {
  /** The number of the event, or of the last one in a snapshot. */
  readonly record: number
  /** The cell; undefined for a record that is not of a store. */
  readonly cell?: string | number
}

/**
 * The values of these frames.
 *
 * @throws {JournalError} if one is nested so deep that the stack is too small to read it
 */
export async function decoded(path: string, bodies: readonly Buffer[]): Promise<unknown[]> {
  const values: unknown[] = []
  for (const body of bodies) {
    try {
      values.push(deserialize(body))
    } catch (error) {
      if ((error as Error).name !== 'RangeError') throw new JournalError(unknownFormat(path, error), error, { path })
      throw new JournalError(message(path, await deepParts(body)), error)
    }
  }
  return values
}

function unknownFormat(path: string, error: unknown): string {
  return (
    `The file "${path}" has a value that this Node ${process.version} cannot read: ${textOf(error)} Its checksum is right, so another ` +
    'version of Node has written it. Nothing was lost or changed. Start again with that version or a later one.'
  )
}

function message(path: string, parts: readonly Deep[]): string {
  const names = parts.map(({ record, cell }) =>
    cell === undefined ? `record ${record}` : `record ${record}, cell ${JSON.stringify(cell)}`,
  )
  return (
    `The file "${path}" has a value that is nested too deep for this stack: ${names.join('; ') || 'in a record'}. Nothing was ` +
    'lost or changed, and all other cells are whole. To mend it, run a script once with "node --stack-size=4000": open the store ' +
    `there with "snapshotEvery: 1", and commit a value of at most ${MOST_DEPTH} levels to that cell.`
  )
}

/** Finds them in a thread that has stack enough. */
async function deepParts(body: Buffer): Promise<readonly Deep[]> {
  const worker = new Worker(SEARCH, { eval: true, workerData: { body, most: MOST_DEPTH }, resourceLimits: STACK })
  try {
    return await new Promise<readonly Deep[]>((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  } catch (error) {
    return [{ record: NaN, cell: `that could not be found (${textOf(error)})` }]
  } finally {
    await worker.terminate()
  }
}

const STACK = { stackSizeMb: 256 }

/** What the thread runs: it tells the cells whose changes, or values in a snapshot, are deep. */
const SEARCH = `
const { parentPort, workerData } = require('node:worker_threads')
const { deserialize } = require('node:v8')
const isDeep = (value) => {
  const seen = new Set()
  let level = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > workerData.most) return true
    level = level.flatMap((part) => {
      if (typeof part !== 'object' || part === null || seen.has(part) || ArrayBuffer.isView(part)) return []
      seen.add(part)
      return part instanceof Map ? [...part.keys(), ...part.values()] : part instanceof Set ? [...part] : Object.values(part)
    })
  }
  return false
}
const found = []
for (const { sequenceNumber: record, data } of [deserialize(workerData.body)].flat()) {
  const parts = data?.changes ?? data?.cells ?? []
  for (const part of parts) if (isDeep(part)) found.push({ record, cell: part.key })
  if (parts.length === 0 && isDeep(data)) found.push({ record })
}
parentPort.postMessage(found)
`

import type { IncomingMessage } from 'node:http'

const MOST_BYTES = 64 * 1024

/** The body is too long, or is no JSON. */
export class BadBody extends Error {
  override readonly name = 'BadBody'
  constructor(
    readonly status: 400 | 413,
    message: string,
  ) {
    super(message)
  }
}

/**
 * The body of a request as text, at most 64 KB; empty if the visitor has gone. Reads no more than that.
 *
 * @throws {BadBody} 413 if it is longer
 */
export function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const tooLong = (): void => {
      request.pause()
      reject(new BadBody(413, 'The body is longer than 64 KB.'))
    }
    if (Number(request.headers['content-length'] ?? 0) > MOST_BYTES) return tooLong()
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_BYTES) chunks.push(chunk)
      else tooLong()
    })
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
    request.once('error', () => resolve(''))
    request.once('close', () => resolve(''))
  })
}

/**
 * The JSON in the body of a request: as a framework has parsed it, or read here.
 *
 * @throws {BadBody} 413 if it is too long, 400 if it is no JSON
 */
export async function readJson(request: IncomingMessage & { readonly body?: unknown }): Promise<unknown> {
  if (typeof request.body === 'object' && request.body !== null) return request.body
  const text = await readBody(request)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new BadBody(400, `The body is no JSON: ${String((error as Error).message)}.`)
  }
}

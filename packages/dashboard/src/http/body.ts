import type { IncomingMessage } from 'node:http'

const MOST_BYTES = 64 * 1024

/** The body of a request as text, at most 64 KB; null if it is longer, or the visitor has gone. */
export function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MOST_BYTES) chunks.push(chunk)
    })
    request.once('end', () => resolve(length > MOST_BYTES ? null : Buffer.concat(chunks).toString('utf8')))
    request.once('error', () => resolve(null))
    request.once('close', () => resolve(null))
  })
}

/** The JSON in the body of a request: as a framework has parsed it, or read here. Undefined if there is none. */
export async function readJson(request: IncomingMessage & { readonly body?: unknown }): Promise<unknown> {
  if (typeof request.body === 'object' && request.body !== null) return request.body
  const text = await readBody(request)
  try {
    return text === null ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

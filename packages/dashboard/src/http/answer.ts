import type { ServerResponse } from 'node:http'

/** Nothing is loaded from elsewhere, nothing is framed, nothing is kept. */
const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  // Not `no-referrer`: the sign-in form would then come from the origin `null`.
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
}

/** Sends a whole answer. */
export function send(response: ServerResponse, status: number, body: string | Buffer, type = 'text/plain'): void {
  begin(response, status, type)
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, JSON.stringify(value), 'application/json')
}

export function redirect(response: ServerResponse, location: string): void {
  response.setHeader('Location', location)
  send(response, 303, '')
}

/** Sends the head of an answer whose body follows. */
export function begin(response: ServerResponse, status: number, type: string): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value)
  response.setHeader('Content-Type', type.startsWith('image/') ? type : `${type}; charset=utf-8`)
}

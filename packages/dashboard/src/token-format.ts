/** The least characters of a token. */
const LEAST = 16

/** Whether it can be sent in a header as it is: visible characters of ASCII, and spaces between them. */
export function isSendable(token: string): boolean {
  return /^[!-~](?:[ -~]*[!-~])?$/.test(token)
}

export function isToken(text: string): boolean {
  return text.length >= LEAST && isSendable(text)
}

export const TOKEN_WORDS = `expected at least ${LEAST} letters, digits and signs of ASCII, with spaces only between them (\`openssl rand -hex 16\` makes one)`

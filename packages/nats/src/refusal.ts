import { textOf } from '@genpool/runtime'

/** What NATS does not allow, if that is why something failed. */
export function refusalIn(error: unknown): Error | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at.name === 'PermissionViolationError') return at
  }
  return null
}

/** What an error says of it. */
export function toldOf(refusal: Error): string {
  return `NATS refuses it: ${textOf(refusal)}. Give the account of this connection the permission.`
}

import { textOf } from '@genpool/runtime'

/** What NATS does not allow, if that is why something failed. */
export function refusalIn(error: unknown): Error | null {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at.name === 'PermissionViolationError') return at
  }
  return null
}

const REFUSED = 'NATS refuses it:'
export const NEEDS_PERMISSION = 'Give the account of this connection the permission.'

/** What NATS says of it. */
export function refusedBy(refusal: Error): string {
  return `${REFUSED} ${textOf(refusal)}.`
}

/** What an error says of it. */
export function toldOf(refusal: Error): string {
  return `${refusedBy(refusal)} ${NEEDS_PERMISSION}`
}

/** Whether that is said. */
export function isRefused(says: string): boolean {
  return says.includes(REFUSED)
}

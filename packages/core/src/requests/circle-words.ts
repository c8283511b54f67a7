import type { Circle } from './request-owner'

const FUNCTION = 'let the handler call a function instead of its own pool'
const OTHER_POOL = 'or give what it calls a pool of its own'

/** Why nothing but a deadline ends it, and what to do. */
const ADVICE: Readonly<Record<Circle['by'], string>> = {
  members:
    'All its members wait like this, and more of them only put it off. Let the handler call a function instead of its own pool, ' +
    `${OTHER_POOL}.`,
  key:
    'The last call has the key of a handler that waits for it, and a key is handled one request at a time; more members do not ' +
    `help. Make the call without the key, ${FUNCTION}, ${OTHER_POOL}.`,
  state:
    'The last call needs the state, which a handler that waits for it holds until it ends; more members do not help. Commit with ' +
    `recipes ("state.commit": "update"), ${FUNCTION}, ${OTHER_POOL}.`,
  limit:
    'The last call counts in the limit of its key ("limits.concurrency"), and handlers that wait for it use that up until they end; ' +
    `more members do not help, and a higher limit only puts it off. L${FUNCTION.slice(1)}, ${OTHER_POOL}.`,
  share:
    'The last call shares the run that waits for it; more members do not help. Make the call without "share", or ' +
    `${FUNCTION}.`,
}

/** A circle in words, without a full stop, and what to do about it. */
export function circleInWords({ way, pool, by }: Circle): { readonly says: string; readonly advice: string } {
  const who = by === 'members' ? `pool "${pool}"` : 'a handler'
  return { says: `${who} waits for itself: ${way}`, advice: ADVICE[by] }
}

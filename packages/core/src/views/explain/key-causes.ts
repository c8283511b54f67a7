import type { HeldBy } from '@genpool/broker'
import { printable } from '@genpool/runtime'
import type { Evidence } from './evidence'
import type { Finding } from './finding'

/** Of fewer messages than this, none may have a key by chance. */
const ENOUGH = 10

/** A `by` that has never found a key limits nothing: it is misspelt, or these messages have no such property. */
export function noKeys({ held, rate, limits, ownsQueue }: Evidence): readonly Finding[] {
  const found = [
    limits ? ofOption('limits', limits.by, held.limits, ownsQueue) : null,
    rate && rate.by !== undefined ? ofOption('rate', rate.by, held.rate, ownsQueue) : null,
  ]
  return found.filter((one) => one !== null)
}

function ofOption(
  option: 'limits' | 'rate',
  by: unknown,
  held: HeldBy | undefined,
  ownsQueue: boolean,
): Finding | null {
  if (held === undefined || held.keyFound || held.keyless < ENOUGH) return null
  const { keyless } = held
  const none =
    typeof by === 'string'
      ? `none of ${keyless} messages had a property "${printable(by)}", which "${option}.by" names`
      : `the function "${option}.by" has returned a key for none of ${keyless} messages`
  const ofBroker = ownsQueue ? '' : ' of the shared broker'
  return {
    finding: 'no-keys',
    says: `${none}: "${option}" limits nothing`,
    figures: { keyless },
    advice:
      `Give "${option}.by"${ofBroker} the name of a property that messages have, or a function that returns their key. ` +
      `Remove "${option}" if no message has one.`,
    option: `${option}.by`,
  }
}

import { showValue } from './show-value'

/** For `refine`: two options of which one must not be greater than the other. */
export function inOrder<Low extends string, High extends string>(
  low: Low,
  high: High,
): readonly [
  check: (options: Readonly<Record<Low | High, number>>) => boolean,
  params: { path: string[]; error: (issue: { readonly input?: unknown }) => string },
] {
  const error = ({ input }: { readonly input?: unknown }): string => {
    const given = input as Readonly<Record<string, unknown>>
    return `"${low}" must not be greater than "${high}", but ${showValue(given[low])} > ${showValue(given[high])}`
  }
  return [(options) => options[low] <= options[high], { path: [low], error }]
}

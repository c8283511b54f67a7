import { type Nanos } from '@genpool/runtime'
import { z } from 'zod'
import { type Admission } from './admission'
import { type CheckedForecastOptions, ForecastAdmission, forecastOptions } from './forecast'
import { type CheckedPieOptions, PieAdmission, pieOptions } from './pie'

/** How requests are refused before they are queued. */
export const admissionOptions = z
  .union([z.enum(['none', 'forecast', 'pie']), z.discriminatedUnion('type', [forecastOptions, pieOptions])])
  .describe(
    'Whether requests are refused before they are queued: never (`none`), by a forecast of their wait, or by chance (PIE).',
  )
export type CheckedAdmissionOptions = z.output<typeof admissionOptions>

/** Makes an admission from checked options; null for none. */
export function createAdmission(options: CheckedAdmissionOptions, now: Nanos, random: () => number): Admission | null {
  const full = inFull(options)
  if (full === null) return null
  return full.type === 'forecast' ? new ForecastAdmission(full) : new PieAdmission(full, now, random)
}

/** Applies new options. If they are of the same type, they change in place, and measurements stay. */
export function reconfigureAdmission(
  admission: Admission | null,
  options: CheckedAdmissionOptions,
  now: Nanos,
  random: () => number,
): Admission | null {
  const full = inFull(options)
  if (full?.type === 'forecast' && admission instanceof ForecastAdmission) admission.configure(full)
  else if (full?.type === 'pie' && admission instanceof PieAdmission) admission.configure(full, now)
  else return createAdmission(options, now, random)
  return admission
}

/** Replaces a name by its options with all defaults. */
function inFull(options: CheckedAdmissionOptions): CheckedForecastOptions | CheckedPieOptions | null {
  if (options === 'none') return null
  if (options === 'forecast') return forecastOptions.parse({ type: 'forecast' })
  return options === 'pie' ? pieOptions.parse({ type: 'pie' }) : options
}

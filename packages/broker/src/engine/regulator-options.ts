import { z } from 'zod'
import { dropOptions } from '../queues/drop-queue'
import { queueOptions } from '../queues/queue-options'
import { openValveOptions } from '../valves/open-valve'
import { valveOptions } from '../valves/valve-options'

/** Options of a regulator: how tasks wait, and how many may run. Times are milliseconds. */
export const regulatorOptions = z.strictObject({
  queue: queueOptions.default(dropOptions.parse({})).describe('How tasks wait.'),
  valve: valveOptions.default(openValveOptions.parse({})).describe('How many tasks run.'),
})
export type RegulatorOptions = z.input<typeof regulatorOptions>
export type CheckedRegulatorOptions = z.output<typeof regulatorOptions>

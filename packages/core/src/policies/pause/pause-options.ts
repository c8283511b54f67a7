import { z } from 'zod'

/** The pause's share of the pool options. */
export const pauseShape = {
  paused: z
    .boolean()
    .default(false)
    .describe('Whether members begin nothing: requests wait until `resume(pool)`, and their deadlines go on.'),
}

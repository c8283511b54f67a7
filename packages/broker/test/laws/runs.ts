/**
 * How many random cases each law is tried on: a thousand in continuous integration, enough to notice elsewhere.
 * `GENPOOL_LAW_RUNS` asks for another number.
 */
export const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? (process.env['CI'] === undefined ? 200 : 1000))

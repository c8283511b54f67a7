/**
 * How many random cases each law is tried on: enough to notice a fault that is made, in each run others.
 * `GENPOOL_LAW_RUNS` asks for another number: a thousand and more after a change of what the laws are about.
 */
export const RUNS = Number(process.env['GENPOOL_LAW_RUNS'] ?? 200)

/** How many random cases each law is tried on: a thousand in continuous integration, enough to notice elsewhere. */
export const RUNS = process.env['CI'] === undefined ? 200 : 1000

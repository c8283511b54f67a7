/* eslint-disable @typescript-eslint/ban-ts-comment, @typescript-eslint/consistent-type-imports -- an error here would be one of a
   user who does not have fast-check; it can be switched off only in the line that has it */

/**
 * The fast-check module, passed by the test that runs a contract: `import fc from 'fast-check'`. Anything, if it is not installed.
 *
 * @ts-ignore It is an optional peer. */
export type FastCheckModule = typeof import('fast-check').default

/**
 * Makes random values.
 *
 * @ts-ignore It is an optional peer. */
export type Arbitrary<Value> = import('fast-check').Arbitrary<Value>

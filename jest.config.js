'use strict'

const swc = (syntax) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax },
      // As in tsconfig.base.json.
      transform: { useDefineForClassFields: false },
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
]

/** Packages that are ES modules only. Tests compare GenPool with them, so they are turned into CommonJS. */
const MODULES = '(p-queue|p-limit|yocto-queue)'

/** Tests run from the sources; types are checked by `npm run typecheck`. */
module.exports = {
  testEnvironment: 'node',
  setupFiles: ['<rootDir>/.ci/quiet.cjs'],
  setupFilesAfterEnv: ['<rootDir>/.ci/file-limit-worker.cjs'],
  reporters: ['default', '<rootDir>/.ci/file-limit.cjs'],
  testSequencer: '<rootDir>/.ci/slow-first.cjs',
  // Finds tests that hang. How fast a test is depends on the machine and is no result of it.
  testTimeout: 240_000,
  // On a machine of two cores Jest would run all in one process. That keeps what each file has loaded, and dies of it after some
  // 160 files. A worker is replaced when it has grown so much.
  maxWorkers: Math.max(2, require('node:os').availableParallelism() - 1),
  workerIdleMemoryLimit: '1GB',
  testMatch: [
    '<rootDir>/packages/*/test/**/*.test.ts',
    '<rootDir>/examples/**/*.test.ts',
    '<rootDir>/docs/**/*.test.ts',
    '<rootDir>/.ci/test/**/*.test.ts',
  ],
  transform: { '^.+\\.ts$': swc('typescript'), [`/node_modules/${MODULES}/.+\\.js$`]: swc('ecmascript') },
  transformIgnorePatterns: [`/node_modules/(?!(\\.pnpm/)?${MODULES}[@/])`],
  moduleNameMapper: {
    '^@genpool/([^/]+)/(testing|opentelemetry|elsewhere)$': '<rootDir>/packages/$1/src/$2/index.ts',
    '^@genpool/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
  },
  modulePathIgnorePatterns: ['<rootDir>/packages/.*/dist'],
}

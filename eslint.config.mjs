import prettier from 'eslint-config-prettier'
import tseslint from 'typescript-eslint'

/** Imports that a folder may not use, with the reason shown to whoever tries. */
const forbid = (files, patterns, extra = {}) => ({
  files,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns, ...extra }] },
})
const internals = {
  group: ['nact/lib/*'],
  message: 'Only packages/runtime/src/nact touches the internals of nact.',
}
const upward = (names) => ({
  group: names.map((name) => `@genpool/${name}*`),
  message: 'Packages depend only downwards: runtime <- broker, state-ane <- core <- threads, nats, dashboard.',
})
const pure = {
  group: ['nact', 'node:*', '**/actors/*'],
  message: 'This folder is pure: time is an argument, and no actor is known.',
}
const optional = {
  group: ['@opentelemetry/*', '**/opentelemetry/*', '**/opentelemetry'],
  message: 'An optional peer: only a folder opentelemetry/, which is loaded by name, needs it.',
}
const clocks = [
  'setTimeout',
  'setInterval',
  'setImmediate',
  'clearTimeout',
  'clearInterval',
  'clearImmediate',
  'performance',
].map((name) => ({ name, message: 'Only clock.ts and host-timers.ts of the runtime read the clock and start timers.' }))
const clockProperties = [
  { object: 'Date', property: 'now', message: 'Only packages/runtime/src/clock.ts reads the clock.' },
  { object: 'process', property: 'hrtime', message: 'Only packages/runtime/src/clock.ts reads the clock.' },
]

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      'docs/.vitepress/cache/**',
      'docs/public/api/**',
      'packages/dashboard/page/vendor/**',
    ],
  },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-invalid-void-type': 'off',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...clocks],
      'no-restricted-properties': ['error', ...clockProperties],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipComments: true, skipBlankLines: true }],
    },
  },
  {
    files: ['packages/runtime/src/{clock,host-timers}.ts', 'packages/*/src/testing/virtual-clock.ts'],
    rules: { 'no-restricted-globals': 'off', 'no-restricted-properties': 'off' },
  },
  forbid(['packages/runtime/src/**/*.ts'], [upward(['broker', 'state-ane', 'core', 'threads', 'nats', 'dashboard'])]),
  forbid(['packages/broker/src/**/*.ts'], [internals, upward(['state-ane', 'core', 'threads', 'nats', 'dashboard'])]),
  forbid(
    ['packages/broker/src/{queues,valves,meters,engine}/**/*.ts'],
    [internals, upward(['state-ane', 'core', 'threads', 'nats', 'dashboard']), pure],
  ),
  forbid(['packages/state-ane/src/**/*.ts'], [internals, upward(['broker', 'core', 'threads', 'nats', 'dashboard'])]),
  forbid(
    ['packages/state-ane/src/{cells,commits,groups}/**/*.ts'],
    [internals, upward(['broker', 'core', 'threads', 'nats', 'dashboard']), pure],
  ),
  forbid(
    ['packages/dashboard/src/**/*.ts'],
    [
      internals,
      {
        group: ['@genpool/broker*', '@genpool/state-ane*', '@genpool/*/*'],
        message:
          'The dashboard knows pools by the public names of @genpool/core, and of @genpool/runtime options and clock.',
      },
    ],
  ),
  forbid(['examples/**/*.ts', 'packages/core/src/opentelemetry/**/*.ts'], [internals]),
  forbid(['packages/core/src/!(opentelemetry)/**/*.ts', 'packages/core/src/*.ts'], [internals, optional]),
  forbid(['packages/threads/src/**/*.ts'], [internals, optional]),
  forbid(['packages/threads/src/protocol/**/*.ts'], [internals, optional, pure]),
  forbid(['packages/core/src/{policies,views/explain,views/stats}/**/*.ts'], [internals, optional, pure]),
  {
    files: ['**/test/**/*.ts', 'examples/**/*.ts', 'benchmarks/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.cjs', '**/jest.config.js'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
)

'use strict'
/*
 * Who may import whom. `npm run check -- structure` holds it; type imports count. CONTRIBUTING.md has the picture.
 */

/** The layers of packages/core, from the bottom up. A file may import its own layer and what its rule names. */
const LAYERS = [
  ['behaviours', []],
  ['requests', ['behaviours']],
  ['work', ['behaviours', 'requests']],
  ['members', ['behaviours', 'requests', 'work']],
  ['pool', ['behaviours', 'requests', 'work', 'members']],
  ['policies', ['behaviours', 'requests', 'pool/ports']],
  ['views', ['behaviours', 'requests', 'pool/ports', 'pool/status']],
  ['assemble', ['behaviours', 'requests', 'work', 'members', 'pool', 'policies', 'views']],
  ['api', ['behaviours', 'requests', 'work', 'members', 'pool', 'policies', 'views', 'assemble']],
  [
    'elsewhere',
    [
      ...['behaviours', 'requests', 'work', 'pool/check-message', 'api/deliver', 'api/elsewhere', 'api/explain'],
      ...['api/serving', 'views/conditions', 'views/pool-view', 'views/sources', 'views/stats/histogram'],
    ],
  ],
  ['opentelemetry', ['behaviours', 'requests', 'api']],
]
/** Files that every layer may import: they import nothing of the house. */
const LEAVES = ['errors', 'hot-imports']
const core = 'packages/core/src/'
const allowedIn = (layer, below) =>
  `^${core}(${[layer, ...below].map((place) => (place.includes('/') ? `${place}\\.ts$` : `${place}/`)).join('|')}|(${LEAVES.join('|')})\\.ts$)`

const layers = LAYERS.map(([layer, below]) => ({
  name: `core-${layer}`,
  comment:
    below.length === 0
      ? `${core}${layer}/ is the lowest layer: it imports nothing else of the core.`
      : `${core}${layer}/ may import ${below.join(', ')} and itself. Move what both need further down, or declare a small interface.`,
  severity: 'error',
  from: { path: `^${core}${layer}/` },
  to: { path: `^${core}`, pathNot: allowedIn(layer, below) },
}))

/** Folders of policies/ and views/ stand side by side: deleting one leaves the others whole. */
const siblings = ['policies', 'views'].map((layer) => ({
  name: `core-${layer}-siblings`,
  comment: `The folders of ${core}${layer}/ do not import each other (all may import policies/gradient). Declare a small interface, and join them in assemble/.`,
  severity: 'error',
  from: { path: `^${core}${layer}/([^/]+)/` },
  to: { path: `^${core}${layer}/[^/]+/`, pathNot: `^${core}(${layer}/$1/|policies/gradient/)` },
}))

/** The folders of packages/nats: what each may import besides itself and the files beside them. */
const nats = 'packages/nats/src/'
const NATS = [
  ['wire', []],
  ['nodes', []],
  ['calls', []],
  ['store', ['wire']],
  ['server', ['wire', 'nodes']],
  ['client', ['wire', 'nodes', 'calls']],
]
const natsFolders = NATS.map(([folder, others]) => ({
  name: `nats-${folder}`,
  comment: `${nats}${folder}/ may import ${['itself', ...others].join(', ')}. The serving and the calling side share wire/ and nodes/ alone.`,
  severity: 'error',
  from: { path: `^${nats}${folder}/` },
  to: { path: `^${nats}[^/]+/`, pathNot: `^${nats}(${[folder, ...others].join('|')})/` },
}))

module.exports = {
  forbidden: [
    ...natsFolders,
    {
      name: 'no-loops',
      comment:
        'Two files import each other, directly or in a circle; type imports count. Let the lower one declare the interface that it needs.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-folder-loops',
      comment: 'Two folders import each other. Move what both need to the lower one, or beside both.',
      severity: 'error',
      scope: 'folder',
      from: {},
      to: { circular: true },
    },
    ...layers,
    ...siblings,
    {
      name: 'core-leaves',
      comment: `${LEAVES.join(' and ')} are imported by all layers, so they import none.`,
      severity: 'error',
      from: { path: `^${core}(${LEAVES.join('|')})\\.ts$` },
      to: { path: `^${core}` },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    enhancedResolveOptions: { extensions: ['.ts'] },
    reporterOptions: { text: { highlightFocused: true } },
  },
}

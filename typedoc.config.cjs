'use strict'

const { OptionDefaults } = require('typedoc')

/** As `base` in docs/.vitepress/config.mts: the pages of the API lead back to the guide. */
const site = process.env.DOCS_BASE ?? '/'
/** As in docs/.vitepress/config.mts: where the source can be read. Without it there are no links into it, wherever this clone came from. */
const source = process.env.DOCS_SOURCE

const sources =
  source === undefined ? { disableSources: true } : { disableGit: true, sourceLinkTemplate: `${source}/{path}#L{line}` }

module.exports = {
  name: 'GenPool API',
  entryPointStrategy: 'packages',
  // From the package that most people need to those under it.
  entryPoints: ['core', 'threads', 'dashboard', 'nats', 'broker', 'state-ane', 'runtime'].map(
    (name) => `packages/${name}`,
  ),
  packageOptions: {
    entryPoints: ['src/index.ts', 'src/testing/index.ts'],
    readme: 'none',
    excludePrivate: true,
    excludeInternal: true,
    // For the compiler, in declarations that users have.
    blockTags: [...OptionDefaults.blockTags, '@ts-ignore'],
    excludeTags: [...OptionDefaults.excludeTags, '@ts-ignore'],
    ...sources,
  },
  out: 'docs/public/api',
  readme: 'none',
  navigationLinks: {
    Guide: `${site}guide/getting-started.html`,
    Errors: `${site}guide/errors.html`,
    Options: `${site}reference/options.html`,
  },
  titleLink: `${site}index.html`,
  treatWarningsAsErrors: true,
  hideGenerator: true,
  githubPages: false,
}

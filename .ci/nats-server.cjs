'use strict'
/*
 * Makes sure that nats-server is installed, which the tests of packages/nats run. On Debian, as root, it installs it; elsewhere it
 * fails and says how. Takes a few milliseconds when there is nothing to do.
 */
const { spawnSync } = require('node:child_process')

const isThere = () => spawnSync('nats-server', ['--version']).status === 0
const aptGet = (...args) =>
  spawnSync('apt-get', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })

if (!isThere() && process.getuid?.() === 0) {
  console.log('Installing nats-server ...')
  aptGet('update', '-q')
  aptGet('install', '-q', '-y', '--no-install-recommends', 'nats-server')
}
if (!isThere()) {
  console.error(
    'nats-server is missing. On Debian, as root: apt-get install -y nats-server. Elsewhere: https://nats.io/download',
  )
  process.exit(1)
}

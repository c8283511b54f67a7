import type { Finding } from '@genpool/core'
import type { NodeInspection } from './inspect-remote'

type Kind = 'calls' | 'casts'

/** Says in what the nodes of one name differ: in the messages that they have handlers for, and in versions. */
export function differentNodes(nodes: readonly NodeInspection[]): Finding[] {
  const staying = nodes.filter(({ leaving }) => !leaving)
  return [...differentTypes(staying), ...differentVersions(staying)]
}

function differentTypes(nodes: readonly NodeInspection[]): Finding[] {
  const says = nodes.flatMap((node) => {
    const missing = [...lacking(node, nodes, 'calls'), ...lacking(node, nodes, 'casts')]
    return missing.length === 0 ? [] : [`"${node.id}" has no handler for ${missing.join(', ')}`]
  })
  if (says.length === 0) return []
  return [
    {
      finding: 'different-nodes',
      says: `nodes serve different messages under one name: ${says.join('; ')}`,
      figures: { nodes: nodes.length, lacking: says.length },
      advice:
        'Messages go to the nodes that have a handler, so these do that work alone. Finish the deploy, or serve another behaviour ' +
        'under another name.',
      option: null,
    },
  ]
}

/** The types that another node knows and this one does not. */
function lacking({ types }: NodeInspection, nodes: readonly NodeInspection[], kind: Kind): string[] {
  if (types === null) return []
  const all = new Set(nodes.flatMap((other) => other.types?.[kind] ?? []))
  return [...all].filter((type) => !types[kind].includes(type)).map((type) => `the ${kind.slice(0, -1)} "${type}"`)
}

function differentVersions(nodes: readonly NodeInspection[]): Finding[] {
  const releases = listed(nodes.map(({ release }) => release))
  const versions = listed(nodes.map(({ version }) => version))
  if (releases.length < 2 && versions.length < 2) return []
  const what = releases.length > 1 ? 'releases' : 'versions of @genpool/nats'
  const them = releases.length > 1 ? releases : versions
  return [
    {
      finding: 'different-nodes',
      says: `nodes have different ${what}: ${them.join(', ')}`,
      figures: { nodes: nodes.length, releases: releases.length, versions: versions.length },
      advice: 'That is normal during a deploy. Otherwise look for processes that were not replaced.',
      option: null,
    },
  ]
}

function listed(texts: readonly (string | null)[]): string[] {
  return [...new Set(texts)].map((text) => (text === null ? 'none' : `"${text}"`)).sort()
}

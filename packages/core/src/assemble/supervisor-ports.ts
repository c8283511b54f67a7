import { type ConcreteActor, stopTree, supervision } from '@genpool/runtime'
import type { Definition } from '../behaviours/define-pool'
import type { SupervisorPorts } from '../policies/supervision/supervisor'
import type { Kernel } from '../pool/kernel'
import type { Host } from '../pool/ports'
import { mailboxOf, senderOf } from '../requests/mailbox'
import type { Request } from '../requests/request'
import { workersOf } from '../work/with-workers'

/** Joins supervision with the actors around a pool. `assembled.kernel` is read when a fault comes. */
export function supervisorPorts(
  host: Host & ConcreteActor,
  definition: Definition,
  assembled: { readonly kernel: Kernel },
): SupervisorPorts {
  return {
    onCrash: definition.properties.onCrash,
    isPlain: definition.form === 'plain',
    decidesStarts: workersOf(definition) === undefined,
    random: () => assembled.kernel.settings.current.random(),
    senderOf: (request) => senderOf(request as Request),
    crashContext: (sender) => ({
      parent: host.parent?.reference,
      path: host.path,
      self: host.reference,
      name: host.name,
      children: new Map(host.childReferences),
      sender,
      log: host.log,
      mailbox: mailboxOf(assembled.kernel.port.waiting),
      ...supervision,
    }),
    family: {
      get peers() {
        return [...(host.parent?.children.values() ?? [])]
      },
      get spawned() {
        return host.spawned
      },
      get stopping() {
        return assembled.kernel.status.stopping
      },
      stop: () => host.stop(),
      giveUp: (error, why) => assembled.kernel.lifecycle.stopWith(error, why),
      reset: () => host.reset(),
      resetMember(seat) {
        host.spawned.forEach(stopTree)
        if (assembled.kernel.cell === undefined) seat.leave('reset')
        else assembled.kernel.lifecycle.reset()
      },
      escalate: ({ message, sender, error }) => host.parent?.handleFault(message, sender, error, host.reference),
    },
  }
}

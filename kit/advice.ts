import type { Difference } from './differences.ts'

/** What a run was to show, for the sentence that says what to do when it didn't. */
export type Test =
  | 'sale'
  | 'again'
  | 'release'
  | 'revoke'
  | 'revokeOne'
  | 'resume'
  | 'revived'
  | 'crash'
  | 'race'
  | 'fault'
  | 'late'
  | 'size'

const lookFirst =
  'An effect may be repeated: the process can die, or the answer get lost, when it is made and not yet recorded. ' +
  'Put it in a step, give it a name of its own (from unit.id, say) and look for that before making it.'

/** What the author of a handler can do about what a test found; about nothing found, when it could not be gone through. */
export function adviceFor(test: Test, found: Difference[]): string {
  const has = (kind: Difference['kind']) => found.some((one) => one.kind === kind)
  switch (test) {
    case 'sale':
      return 'Put this right first: everything else is compared with a sale that meets no trouble.'
    case 'again':
      return (
        'Two equal sales must end equal. Make names and values from unit.id and the parameters, never from ' +
        'chance, the clock or what the module remembers; or make them in a step and keep its result.'
      )
    case 'release':
      return (
        'What prepay makes must be gone when the order dies unpaid: undo it in `release`, each effect in a step. ' +
        'Names held by `reserve` are freed by the shop.'
      )
    case 'revoke':
      return (
        'Whoever is refunded must lose what was bought: give access by the `entitlements` of a product, which the ' +
        'shop withdraws, or take it back in `revoke`.'
      )
    case 'revokeOne':
      return (
        'One product taken back alone, then the rest of its unit, must end as the unit taken back at once: `revoke` runs ' +
        'after `revokeOne`, and must bear what that has undone.'
      )
    case 'resume':
      return 'Resuming must give back exactly what suspending took.'
    case 'revived':
      return 'When a product is extended after its end, `revived` must give back what `ended` took.'
    case 'crash':
    case 'fault':
      if (found.length === 0 || has('repeated') || has('extra')) return lookFirst
      if (has('missing'))
        return (
          'Something was left out when the script ran again. Let every error of Moodle pass (the shop waits and tries ' +
          'again), and let a step return all that what follows needs: its effect does not run a second time.'
        )
      return (
        'The script must give the same when it runs again: use what steps returned, and don’t read what the script ' +
        'itself has changed.'
      )
    case 'race':
      return (
        'Two workers may run the same unit for a moment, when one is thought dead. Use calls that set rather than add, ' +
        'or names that the other side keeps unique; when it refuses a double, look again and take what is there.'
      )
    case 'late':
      return (
        'A call that Moodle never answered may be done after the next try’s, and then a second time. Make things under ' +
        'names that Moodle keeps unique (a short name, an idnumber), so that it refuses the double, and use calls that ' +
        'set rather than add.'
      )
    case 'size':
      return 'Units must not know of one another: keep nothing in the module, and name what is made after its own unit.'
    default:
      return test satisfies never
  }
}

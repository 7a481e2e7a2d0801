import { z } from 'zod'
import { defineAction } from './handler.ts'
import { learnerFields } from './learner-fields.ts'

/** Takes access away for a while; nothing that the learner did is lost. */
export const suspend = defineAction({
  title: { en: 'Suspend', fr: 'Suspendre' },
  help: {
    en: 'Access closes until it is resumed. Grades and progress stay.',
    fr: 'L’accès se ferme jusqu’à sa reprise. Notes et progression sont conservées.',
  },
  input: z.object({}),
  audience: 'operator',
  when: (product) => product.state === 'active',
  run: () => ({ change: { state: 'suspended' } }),
})

/** Gives suspended access back. */
export const resume = defineAction({
  title: { en: 'Resume', fr: 'Reprendre' },
  input: z.object({}),
  audience: 'operator',
  when: (product) => product.state === 'suspended',
  run: () => ({ change: { state: 'active' } }),
})

/** Moves the last day of access, or takes the end away. */
export const changeEnd = defineAction({
  title: { en: 'Change the end date', fr: 'Changer la date de fin' },
  input: z.object({
    endsOn: z.iso
      .date()
      .optional()
      .meta({
        label: { en: 'Last day of access', fr: 'Dernier jour d’accès' },
        help: { en: 'Leave empty for access without an end.', fr: 'Laissez vide pour un accès sans fin.' },
      }),
  }),
  audience: 'operator',
  when: (product) => product.state !== 'revoked',
  initial: (product) => ({ endsOn: product.endsAt?.toISOString().slice(0, 10) }),
  run: ({ input }) => ({
    change: {
      endsAt: input.endsOn ? new Date(Date.parse(`${input.endsOn}T00:00:00Z`) + 86_400_000 - 1000) : null,
    },
  }),
})

/** Takes the product away for good. What other products give in the same course stays. */
export const revoke = defineAction({
  title: { en: 'Revoke', fr: 'Révoquer' },
  help: {
    en: 'Access closes for good, unless another product opens the same course. Grades stay in Moodle.',
    fr: 'L’accès se ferme définitivement, sauf si un autre produit ouvre le même cours. Les notes restent dans Moodle.',
  },
  input: z.object({}),
  audience: 'operator',
  when: (product) => product.state !== 'revoked',
  run: () => ({ change: { state: 'revoked' } }),
})

/** Gives the product to another learner, with all that it entitles its holder to. The account is found or made first. */
export const handOver = defineAction({
  title: { en: 'Hand over to another learner', fr: 'Transmettre à un autre apprenant' },
  help: {
    en: 'Access closes for the present learner, unless another product of theirs opens it, and opens for the new one. Grades and progress stay with whoever made them.',
    fr: 'L’accès se ferme pour l’apprenant actuel, sauf si un autre de ses produits l’ouvre, et s’ouvre pour le nouveau. Notes et progression restent à qui les a faites.',
  },
  input: z.object(learnerFields),
  audience: 'both',
  when: ({ holder, state }) => holder !== null && (state === 'active' || state === 'suspended'),
  run: async ({ input, moodle, step }) => {
    const account = await step('account', () => moodle.ensureAccount(input))
    return { change: { holder: { person: input, user: account.id } } }
  },
})

/** The after-sale actions of whatever opens a course: a handler's `actions: accessActions`. */
export const accessActions = { suspend, resume, changeEnd, handOver, revoke }

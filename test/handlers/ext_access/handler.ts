// For tests: one unit gives a person one kind of access.
import { accessActions, defineHandler, type Entitlement, learnerFields, z } from 'boutique/sdk'

const gives = z.enum(['enrolment', 'group', 'course role', 'cohort', 'category role', 'system role'])

/** A course and what is in it, as the sandbox has them. */
const course = 2
const student = 5
const referent = 9

function entitlementOf(what: z.output<typeof gives>, user: number): Entitlement {
  switch (what) {
    case 'enrolment':
      return { course, user, role: student }
    case 'group':
      return { course, user, group: 2 }
    case 'course role':
      return { user, role: referent, context: { level: 'course', instance: course } }
    case 'cohort':
      return { cohort: 2, user }
    case 'category role':
      return { user, role: referent, context: { level: 'coursecat', instance: 1 } }
    case 'system role':
      return { user, role: referent, context: { level: 'system', instance: 0 } }
    default:
      return what satisfies never
  }
}

export default defineHandler({
  title: { en: 'Access of one kind', fr: 'Un accès' },
  internal: z.object({
    gives,
    days: z.int().default(30),
    extends: z.boolean().default(false),
    support: z.boolean().default(false),
  }),
  external: z.object(learnerFields),

  async postpay({ unit, internal, external, moodle, step }) {
    const person = {
      email: external.email,
      firstname: external.firstname,
      lastname: external.lastname,
    }
    const { id: user } = await step('account', () => moodle.ensureAccount(person))
    const startsAt = unit.order.paidAt ?? unit.order.placedAt
    const support: Entitlement = { course: 3, user, role: student, stays: true }
    return {
      products: [
        {
          key: 'access',
          title: unit.entry.title,
          holder: person,
          startsAt,
          endsAt: new Date(startsAt.getTime() + internal.days * 86_400_000),
          entitlements: [entitlementOf(internal.gives, user), ...(internal.support ? [support] : [])],
          extends: internal.extends,
        },
      ],
    }
  },

  actions: accessActions,
})

// Bad on purpose: a role that is given by hand and never taken back.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Keeps access', fr: 'Garde l’accès' },
  functions: ['core_user_get_users', 'core_user_create_users', 'core_role_assign_roles'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ external, moodle, step }) {
    const person = { email: external.email, firstname: 'Ada', lastname: 'Martin' }
    const { id } = await step('account', () => moodle.ensureAccount(person))
    const role = { roleid: 1, userid: id, contextlevel: 'coursecat', instanceid: 1 }
    await step('role', () => moodle.call('core_role_assign_roles', { assignments: [role] }, z.null()))
    return { products: [] }
  },
})

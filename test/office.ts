import { Hono } from 'hono'
import type { Role } from '../db/schema.ts'
import { createOperator, openSession } from '../shop/operator.ts'
import { office } from '../web/office/office.tsx'
import { limitBody, security, type WebEnv } from '../web/security.ts'
import { testFace } from './face.ts'
import type { TestShop } from './shop.ts'
import { visitor } from './visitor.ts'

/** The office of a shop for tests, and operators who are signed in. */
export function testOffice(test: TestShop, { publicUrl = test.shop.settings.publicUrl } = {}) {
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl, secret: face.secret }), limitBody)
  app.route('/', office(face))
  const password = 'correct horse battery'
  let made = 0
  return {
    face,
    app,
    password,
    stranger: (language = 'en') => visitor(app, { 'accept-language': language }),

    /** Somebody who may sign in with `password`. */
    async operator(role: Role) {
      const email = `${role}${++made}@atelier.example`
      const created = await createOperator(test.db, { email, name: `The ${role}`, password, role })
      if (!created.ok) throw new Error(created.fault)
      return created.operator
    },

    /** A visitor who is signed in with this role. */
    async as(role: Role, language = 'en') {
      const operator = await this.operator(role)
      const person = visitor(app, { 'accept-language': language })
      person.cookies.set('session', await openSession(test.db, operator.id))
      return { ...person, operator }
    },
  }
}

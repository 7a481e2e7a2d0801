import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import {
  createOperator,
  listOperators,
  readablePassword,
  setDisabled,
  setPassword,
} from '../shop/operator.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'
import { withDatabase } from './with-database.ts'

const faults = {
  email_invalid: 'This is no e-mail address.',
  email_taken: 'There is an operator of this address already: "operator list" shows them.',
  email_unknown: 'There is no operator of this address: "operator list" shows them.',
  name_missing: 'The name is missing: --name "Ada Lovelace".',
  password_short: 'The password is too short: twelve characters or more.',
  last_admin: 'This is the last administrator who can sign in: make another one first.',
}

export const operator: Command = {
  usage: [
    ['operator list', 'list who may sign in to the office'],
    ['operator add <e-mail> --name <name>', 'make one; --role admin|operator|viewer (operator by default)'],
    ['operator password <e-mail>', 'give one another password, and end their sessions'],
    ['operator disable <e-mail>', 'let one in no more; "enable" undoes it'],
  ],
  async run(args) {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { name: { type: 'string' }, role: { type: 'string' }, 'password-stdin': { type: 'boolean' } },
    })
    const [action = 'list', email = ''] = positionals
    if (!['list', 'add', 'password', 'disable', 'enable'].includes(action)) {
      throw new StartupError(`"operator ${action}" is unknown: say list, add, password, disable or enable.`)
    }
    if (action !== 'list' && !email) throw new StartupError(`Whose? operator ${action} <e-mail>`)
    const role = readRole(values.role ?? 'operator')
    const given = values['password-stdin'] ? (await text(process.stdin)).trim() : undefined
    const password = given ?? readablePassword()

    await withDatabase(readSettings(), async ({ db }) => {
      switch (action) {
        case 'list': {
          const all = await listOperators(db)
          const rows = all.map((one) => [one.email, one.name, one.role, one.disabledAt ? 'disabled' : ''])
          console.log(table([['E-MAIL', 'NAME', 'ROLE', ''], ...rows]))
          return
        }
        case 'add':
          requireOk(await createOperator(db, { email, name: values.name ?? '', password, role }))
          console.log(`Made the ${role} ${email}.`)
          break
        case 'password':
          requireOk(await setPassword(db, { email, password }))
          console.log(`${email} has another password, and was signed out everywhere.`)
          break
        default:
          requireOk(await setDisabled(db, email, action === 'disable'))
          console.log(`${email} may ${action === 'disable' ? 'no longer' : 'again'} sign in.`)
          return
      }
      if (given === undefined) console.log(`Their password, shown this once: ${password}`)
    })
  },
}

/** Throws for a role that there is not. */
export function readRole(role: string) {
  const read = z.enum(['admin', 'operator', 'viewer']).safeParse(role)
  if (read.success) return read.data
  throw new StartupError(`There is no role "${role}": say admin, operator or viewer.`)
}

function requireOk(result: { ok: true } | { ok: false; fault: keyof typeof faults }): void {
  if (!result.ok) throw new StartupError(faults[result.fault])
}

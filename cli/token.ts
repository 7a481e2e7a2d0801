import { parseArgs } from 'node:util'
import { createApiToken, listApiTokens, listOperators, revokeApiToken } from '../shop/operator.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readRole } from './operator.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'
import { withDatabase } from './with-database.ts'

export const token: Command = {
  usage: [
    ['token list', 'list the programs that may use the API'],
    ['token add <program> --operator <e-mail>', 'make a token that acts for an operator; --role narrows it'],
    ['token revoke <number>', 'let a program in no more'],
  ],
  async run(args) {
    const { positionals, values } = parseArgs({
      args,
      allowPositionals: true,
      options: { operator: { type: 'string' }, role: { type: 'string' } },
    })
    const [action = 'list', subject = ''] = positionals
    if (!['list', 'add', 'revoke'].includes(action)) {
      throw new StartupError(`"token ${action}" is unknown: say list, add or revoke.`)
    }
    await withDatabase(readSettings(), async ({ db }) => {
      if (action === 'list') {
        const rows = (await listApiTokens(db)).map(({ id, name, email, role, lastUsedAt }) => [
          String(id),
          name,
          email,
          role,
          lastUsedAt?.toISOString().slice(0, 16).replace('T', ' ') ?? 'never',
        ])
        console.log(table([['NUMBER', 'PROGRAM', 'ACTS FOR', 'ROLE', 'LAST USED (UTC)'], ...rows]))
        return
      }
      if (action === 'revoke') {
        const revoked = /^\d+$/.test(subject) && (await revokeApiToken(db, Number(subject)))
        if (!revoked) throw new StartupError(`No token has the number "${subject}": "token list" shows them.`)
        console.log(`Token ${subject} works no more.`)
        return
      }
      if (!subject) throw new StartupError('For which program? token add <program> --operator <e-mail>')
      const email = values.operator?.trim().toLowerCase()
      const operator = (await listOperators(db)).find((one) => one.email === email && !one.disabledAt)
      if (!operator)
        throw new StartupError('For whom does it act? --operator with the e-mail of an operator.')
      const role = readRole(values.role ?? operator.role)
      const made = await createApiToken(db, { operatorId: operator.id, name: subject, role })
      console.log(`The token of ${subject}, shown this once: ${made.token}`)
    })
  },
}

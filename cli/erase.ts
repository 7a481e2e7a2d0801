import { parseArgs } from 'node:util'
import { erasePerson } from '../shop/erase-person.ts'
import { writtenAmount } from '../shop/money.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { withDatabase } from './with-database.ts'

export const erase: Command = {
  usage: [
    ['erase <e-mail> --yes', 'erase a person from the shop, as buyer and as learner, for good'],
    ['  --forfeit-credits', 'the credits that they still have too'],
  ],
  async run(args) {
    // An option misspelt must not erase by what is left of the line.
    const { values, positionals } = parseArgs({
      args,
      options: { yes: { type: 'boolean' }, 'forfeit-credits': { type: 'boolean' } },
      allowPositionals: true,
    })
    const [email = '', ...more] = positionals
    if (!email.includes('@') || more.length > 0) throw new StartupError('Whom? erase <e-mail> --yes')
    if (!values.yes) throw new StartupError(`This can’t be undone: say "erase ${email} --yes".`)
    await withDatabase(readSettings(), async ({ db }) => {
      const forfeitCredits = values['forfeit-credits'] ?? false
      const { open, credits, ...erased } = await erasePerson(db, email, { forfeitCredits })
      const counts = Object.entries(erased).map(([what, count]) => `${count} ${what}`)
      console.log(`Erased ${email}: ${counts.join(', ')}. Their account in Moodle is Moodle’s to delete.`)
      for (const { cents, currency } of credits) {
        console.log(
          `They still have ${writtenAmount(cents, currency)} of credits, which stay under their address: to give these ` +
            `up as well, with their consent, say --forfeit-credits.`,
        )
      }
      if (open.length > 0) console.log(`Under way, to be erased again once closed: ${open.join(', ')}.`)
    })
  },
}

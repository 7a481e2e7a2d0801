import { erasePerson } from '../shop/erase-person.ts'
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
    const [email = ''] = args.filter((arg) => !arg.startsWith('--'))
    if (!email.includes('@')) throw new StartupError('Whom? erase <e-mail> --yes')
    if (!args.includes('--yes')) throw new StartupError(`This can’t be undone: say "erase ${email} --yes".`)
    await withDatabase(readSettings(), async ({ db }) => {
      const forfeitCredits = args.includes('--forfeit-credits')
      const { open, credits, ...erased } = await erasePerson(db, email, { forfeitCredits })
      const counts = Object.entries(erased).map(([what, count]) => `${count} ${what}`)
      console.log(`Erased ${email}: ${counts.join(', ')}. Their account in Moodle is Moodle’s to delete.`)
      for (const { cents, currency } of credits) {
        console.log(
          `They still have ${(cents / 100).toFixed(2)} ${currency} of credits, which stay under their address: to give these ` +
            `up as well, with their consent, say --forfeit-credits.`,
        )
      }
      if (open.length > 0) console.log(`Under way, to be erased again once closed: ${open.join(', ')}.`)
    })
  },
}

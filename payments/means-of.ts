import type { Config } from '../config.ts'
import { credits } from './credits.ts'
import type { Means } from './means.ts'
import { testCard } from './test-card.ts'
import { transfer } from './transfer.ts'

/** The means of payment that the settings switch on. The test card is never among them outside test mode. */
export function meansOf(config: Config, secret: string): ReadonlyMap<string, Means> {
  const means = [
    transfer({
      holder: config.TRANSFER_ACCOUNT_HOLDER,
      iban: config.TRANSFER_IBAN,
      bic: config.TRANSFER_BIC,
    }),
    credits,
    ...(config.TEST_MODE ? [testCard({ secrets: [secret] })] : []),
  ]
  return new Map(means.map((one) => [one.id, one]))
}

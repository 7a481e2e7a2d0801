import type { BroughtCredits } from '../../../shop/credits.ts'
import { formatMoney, type Locale } from '../../ui/locale.ts'
import { creditsTexts } from './credits-texts.ts'

/** What taking something back means for the credits that it brought; nothing when it brought none. */
export function CreditsAtStake({ credits, locale }: { credits: BroughtCredits[]; locale: Locale }) {
  const [first] = credits
  if (!first) return null
  const t = creditsTexts[locale]
  const said = (cents: number) => formatMoney(cents, first.currency, locale)
  const brought = credits.reduce((sum, { broughtCents }) => sum + broughtCents, 0)
  // One account: what is left of it is left for all of them together.
  const left = Math.min(brought, Math.max(...credits.map(({ balanceCents }) => balanceCents)))
  return left < brought ? (
    <p class="field-warning">{t.atStake(said(brought), said(left), said(brought - left))}</p>
  ) : (
    <p>{t.allLeft(said(brought))}</p>
  )
}

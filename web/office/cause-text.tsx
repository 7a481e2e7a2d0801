import type { Cause } from '../../db/schema.ts'
import type { Locale } from '../ui/locale.ts'
import { sayCause, sayScript } from './say.ts'
import { texts } from './texts.ts'

/** Why a production stopped, for a cell or a timeline: its kind, its words, the call. */
export function CauseText({
  cause,
  script,
  locale,
}: {
  cause: Cause | null
  script?: string
  locale: Locale
}) {
  const said = sayCause(cause, locale)
  return (
    <div class="cause">
      <span class="strong">
        {script && `${sayScript(script, locale)}${texts[locale].colon} `}
        {said.kind}
      </span>
      {said.message && <div>{said.message}</div>}
      {said.detail && <div class="soft small mono">{said.detail}</div>}
    </div>
  )
}

import { Icon } from './icon.tsx'
import type { Locale } from './locale.ts'
import { texts } from './texts.ts'

const steps = ['cart', 'checkout', 'payment', 'access'] as const
export type PurchaseStep = (typeof steps)[number]

/** Where the customer is between cart and access. `links` lets them go back to a step. */
export function Steps(props: {
  current: PurchaseStep
  links?: Partial<Record<PurchaseStep, string>>
  /** True once the last step is done too. */
  finished?: boolean
  locale: Locale
}) {
  const { current, links = {}, finished = false, locale } = props
  const t = texts[locale]
  const at = finished ? steps.length : steps.indexOf(current)
  return (
    <ol class="steps" aria-label={t.progress}>
      {steps.map((step, index) => {
        const done = index < at
        const href = links[step]
        return (
          <li class={done ? 'done' : undefined} aria-current={step === current ? 'step' : undefined}>
            <span class="step-mark">{done ? <Icon name="check" size={12} /> : index + 1}</span>
            {href && done ? <a href={href}>{t.steps[step]}</a> : <span>{t.steps[step]}</span>}
            {done && <span class="visually-hidden">, {t.stepDone}</span>}
          </li>
        )
      })}
    </ol>
  )
}

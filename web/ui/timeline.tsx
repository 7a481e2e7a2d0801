import type { Child } from 'hono/jsx'
import type { Tone } from './badge.tsx'
import type { Locale } from './locale.ts'
import { Moment } from './moment.tsx'
import { texts } from './texts.ts'

export type TimelineItem = { at: Date; title: Child; who?: string; detail?: Child; tone?: Tone; id?: string }

/** What happened, when, by whom and why. */
export function Timeline({ items, locale }: { items: TimelineItem[]; locale: Locale }) {
  return (
    <ol class="timeline">
      {items.map((item) => (
        <li class={item.tone ?? 'neutral'} id={item.id}>
          <p class="timeline-title">{item.title}</p>
          {item.detail && <div class="timeline-detail">{item.detail}</div>}
          <p class="timeline-foot">
            <Moment at={item.at} locale={locale} />
            {item.who && <> · {texts[locale].by(item.who)}</>}
          </p>
        </li>
      ))}
    </ol>
  )
}

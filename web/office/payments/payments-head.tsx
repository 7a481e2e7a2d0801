import type { Child } from 'hono/jsx'
import { routes } from '../../routes.ts'
import { PageHead } from '../../ui/card.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import type { OfficeContext } from '../office-route.ts'
import { creditsTexts } from './credits-texts.ts'
import { paymentsTexts } from './payments-texts.ts'

const paths = routes.office.payments

/** What stands above each of the lists. */
export function PaymentsHead({
  c,
  current,
  children,
}: {
  c: OfficeContext
  current: string
  children?: Child
}) {
  const t = paymentsTexts[c.var.locale]
  return (
    <>
      <PageHead title={t.title} />
      <Tabs
        label={t.title}
        current={current}
        tabs={[
          { text: t.awaited, href: paths.index() },
          { text: t.giveBacks, href: paths.giveBacks() },
          { text: t.setAside, href: paths.setAside() },
          { text: creditsTexts[c.var.locale].title, href: paths.credits() },
          { text: t.notifications, href: paths.notifications() },
        ]}
      />
      {children}
    </>
  )
}

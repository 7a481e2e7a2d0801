import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { findCredits } from '../../../shop/credits.ts'
import type { SignedIn } from '../../../shop/customer-session.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import { ButtonForm } from '../../ui/button.tsx'
import { PageHead } from '../../ui/card.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { accountTexts } from './account-texts.ts'
import { signInPath } from './sign-in.tsx'

/** What the pages of a customer who is signed in know. */
export type AccountEnv = WebEnv & { Variables: WebEnv['Variables'] & { customer: SignedIn } }
export type AccountContext = Context<AccountEnv>

/** Stands before every page of a customer's own: a stranger is sent to sign in, and comes back. */
export function admitCustomer(face: Face) {
  return createMiddleware<AccountEnv>(async (c, next) => {
    const customer = await signedInCustomer(c, face)
    if (!customer) {
      const { pathname, search } = new URL(c.req.url)
      return c.redirect(signInPath(c.req.method === 'GET' ? pathname + search : undefined), 303)
    }
    c.set('customer', customer)
    // somebody else may use this browser next
    c.header('cache-control', 'no-store')
    await next()
  })
}

/** Where a list paged by key goes on, from an address. */
export function readKey(given: string | undefined): number | undefined {
  return /^[1-9]\d{0,14}$/.test(given ?? '') ? Number(given) : undefined
}

type Props = {
  title: string
  status?: ContentfulStatusCode
  /** The address of the tab that it belongs to. */
  section: string
}

/** One of the customer's lists, below the head that they share. */
export async function accountPage(
  c: AccountContext,
  face: Face,
  { title, status, section }: Props,
  content: Child,
) {
  const t = accountTexts[c.var.locale]
  const { db, settings } = face.shop
  const hasCredits = (await findCredits(db, c.var.customer.email, settings.currency)) !== undefined
  return shopPage(
    c,
    face,
    { title, status, cartCount: await cartCount(c, face) },
    <>
      <PageHead
        title={title}
        lead={t.signedInAs(c.var.customer.email)}
        actions={
          <ButtonForm action={routes.account.signOut()} csrf={csrfToken(c)} size="small">
            {t.signOut}
          </ButtonForm>
        }
      />
      <Tabs
        label={t.nav}
        current={section}
        tabs={[
          { text: t.products, href: routes.account.show() },
          { text: t.orders, href: routes.account.orders() },
          ...(hasCredits || section === routes.account.credits()
            ? [{ text: t.credits, href: routes.account.credits() }]
            : []),
        ]}
      />
      {content}
    </>,
  )
}

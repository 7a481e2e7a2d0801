import type { Context, ErrorHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import type { WebEnv } from '../security.ts'
import { ButtonLink } from '../ui/button.tsx'
import { PageHead } from '../ui/card.tsx'
import { askedLocale, isLocale } from '../ui/locale.ts'
import { failuresTexts } from './failures-texts.ts'
import { cartCount, shopPage } from './page.tsx'

/** The page for an address that leads nowhere. */
export async function notFound<Env extends WebEnv>(c: Context<Env>, face: Face) {
  const t = failuresTexts[c.var.locale]
  return shopPage(
    c,
    face,
    { title: t.notFound, cartCount: await cartCount(c, face), width: 'narrow', status: 404 },
    <>
      <PageHead title={t.notFound} lead={t.notFoundHelp} />
      <ButtonLink href={routes.catalog()} look="primary">
        {t.toCatalog}
      </ButtonLink>
    </>,
  )
}

/**
 * Turns what was thrown into a page: an `HTTPException` says itself what is wrong, anything else, which
 * the request log has, is apologised for. It asks nothing of the database, which may be what failed.
 */
export function failurePage(face: Face): ErrorHandler<WebEnv> {
  return (error, c) => {
    // before the middleware that sets it, there is none
    if (!isLocale(c.var.locale)) c.set('locale', askedLocale(c))
    const t = failuresTexts[c.var.locale]
    const known = error instanceof HTTPException && error.status < 500
    const status: ContentfulStatusCode = known ? error.status : 500
    const [title, lead] =
      status === 404
        ? [t.notFound, t.notFoundHelp]
        : known
          ? [t.refused, t.reasons[status] ?? error.message]
          : [t.failed, t.failedHelp]
    return shopPage(
      c,
      face,
      { title, cartCount: 0, width: 'narrow', status },
      <>
        <PageHead title={title} lead={lead} />
        <ButtonLink href={routes.cart.show()} look="primary">
          {t.toCart}
        </ButtonLink>
      </>,
    )
  }
}

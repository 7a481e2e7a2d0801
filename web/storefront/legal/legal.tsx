import { Hono } from 'hono'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import type { WebEnv } from '../../security.ts'
import { PageHead } from '../../ui/card.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { Prose } from '../prose.tsx'
import { legalTexts } from './legal-texts.ts'

/** Terms of sale, privacy, legal notice. */
export function legal(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  const pages = [
    [routes.legal.terms.pattern, 'terms'],
    [routes.legal.privacy.pattern, 'privacy'],
    [routes.legal.notice.pattern, 'notice'],
  ] as const
  for (const [path, page] of pages) {
    app.get(path, async (c) => {
      const { title, text } = legalTexts(face.shop.settings, face.config.MAIL_FROM)[c.var.locale][page]
      return shopPage(
        c,
        face,
        { title, cartCount: await cartCount(c, face), width: 'narrow' },
        <>
          <PageHead title={title} />
          <Prose text={text} />
        </>,
      )
    })
  }
  return app
}

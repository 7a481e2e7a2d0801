import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import type { WebEnv } from '../security.ts'
import { ButtonLink } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { askedLocale } from '../ui/locale.ts'
import { OfficeDoor } from '../ui/office-layout.tsx'
import { troubleTexts } from './trouble-texts.ts'

/** Says what kept a page from being shown. What was not foreseen is not told: the request log has it. */
export async function troublePage<Env extends WebEnv>(c: Context<Env>, face: Face, error: Error) {
  const locale = c.var.locale ?? askedLocale(c)
  const t = troubleTexts[locale]
  const status = error instanceof HTTPException ? error.status : 500
  const said =
    status === 404
      ? t.notFound
      : status === 403
        ? error.message === 'role'
          ? t.role
          : t.form
        : status === 413
          ? t.tooLarge
          : status === 415
            ? t.noText
            : status < 500
              ? t.refused
              : t.failed
  return await c.html(
    <OfficeDoor
      title={said.title}
      shopName={face.shop.settings.name}
      locale={locale}
      path={routes.office.home()}
    >
      <Card>
        <div class="stack">
          <h1>{said.title}</h1>
          <p>{said.text}</p>
          <ButtonLink href={routes.office.home()}>{t.home}</ButtonLink>
        </div>
      </Card>
    </OfficeDoor>,
    status as ContentfulStatusCode, // an error's status always has a body
  )
}

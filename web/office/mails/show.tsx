import { findMail } from '../../../shop/list-mails.ts'
import { hideOrderKeys } from '../../../shop/order-url.ts'
import { composeMail, sendAgain } from '../../../shop/send-mail.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { idParameter, notFound, type OfficeContext } from '../office-route.ts'
import { mayChange, officePage, redirectTo } from '../page.tsx'
import { texts } from '../texts.ts'
import { mailsTexts } from './mails-texts.ts'

/** One mail, as it was sent or as it would be sent now. */
export async function showMail(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = mailsTexts[locale]
  const row = (await findMail(face.shop.db, idParameter(c))) ?? notFound()
  const mail = await composeMail(face.shop, row)
  const kind = texts[locale].mailKinds[row.kind]
  return await officePage(
    c,
    face,
    { title: kind, section: 'mails' },
    <>
      <PageHead
        title={mail?.subject ?? kind}
        back={{ href: routes.office.mails.index(), text: t.title }}
        actions={
          <>
            <StateBadge kind="mail" state={row.state} locale={locale} />
            {row.state === 'failed' && face.shop.settings.mailing && mayChange(c) && (
              <ButtonForm action={routes.office.mails.resend(row.id)} csrf={csrfToken(c)} look="primary">
                {t.resend}
              </ButtonForm>
            )}
          </>
        }
      />
      {row.cause && (
        <Notice tone={row.state === 'failed' ? 'error' : 'warning'} title={t.cause} locale={locale}>
          <p>{row.cause}</p>
        </Notice>
      )}
      <div class="columns">
        <div>
          <Card title={row.state === 'sent' ? t.sentText : t.composedText}>
            {mail ? (
              <pre class="letter">{mayChange(c) ? mail.text : hideOrderKeys(mail.text)}</pre>
            ) : (
              <p class="soft">{t.gone}</p>
            )}
          </Card>
        </div>
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [t.kind, kind],
                [t.recipient, row.recipient],
                [
                  t.order,
                  row.orderNumber ? (
                    <a href={routes.office.orders.show(row.orderNumber)}>{row.orderNumber}</a>
                  ) : undefined,
                ],
                [t.decided, <Moment at={row.created_at} locale={locale} />],
                [t.sentAt, row.sent_at ? <Moment at={row.sent_at} locale={locale} /> : undefined],
              ]}
            />
          </Card>
        </div>
      </div>
    </>,
  )
}

/** Sends a failed mail again. */
export async function resendMail(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const queued = await sendAgain(face.shop, id)
  return redirectTo(c, routes.office.mails.show(id), queued ? 'resent' : 'tooLate')
}

import { elementsOf, readForm, validate } from '../../../sdk/form.ts'
import { z } from '../../../sdk/index.ts'
import { settleGiveBack } from '../../../shop/give-back.ts'
import { type GiveBack, listGiveBacks } from '../../../shop/list-payments.ts'
import { giveBacksToCredits } from '../../../shop/put-credits-back.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Button, ButtonForm, CsrfField } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { CustomerName } from '../customer-name.tsx'
import { asked, idParameter, type OfficeContext, readId, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import type { SentForm } from '../reason-form.tsx'
import { sayMeans, sayWho, sayWhy } from '../say.ts'
import { creditsTexts } from './credits-texts.ts'
import { PaymentsHead } from './payments-head.tsx'
import { paymentsTexts } from './payments-texts.ts'

const paths = routes.office.payments

/** Kept in English, as all that the shop itself writes down: see `sayWhy`. */
const putBackNote = 'put back on the credits of the customer'

const settleSchema = z.object({
  note: z
    .string()
    .min(3)
    .max(500)
    .meta({
      label: { en: 'How it went back', fr: 'Comment il a été rendu' },
      help: {
        en: 'The transfer’s date and reference, say. Kept in the order’s history.',
        fr: 'La date et la référence du virement, par exemple. Conservé dans l’historique de la commande.',
      },
    }),
})
const settleElements = elementsOf(settleSchema)

export async function giveBackList(c: OfficeContext, face: Face) {
  return await giveBackPage(c, face)
}

/** An operator says that money has gone back, and how. */
export async function settleThisGiveBack(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const form = `give${id}`
  if ((await giveBacksToCredits(face.shop.db, [id])).has(id)) {
    const settled = await settleGiveBack(face.shop, id, { who: whoOf(c), note: putBackNote })
    return redirectTo(c, paths.giveBacks(), settled ? 'givenBack' : 'tooLate')
  }
  const values = readForm(settleElements, await readBody(c), `${form}.`)
  const read = validate(settleSchema, settleElements, values)
  if (!read.ok) return await giveBackPage(c, face, { form, values, errors: read.errors })
  const settled = await settleGiveBack(face.shop, id, { who: whoOf(c), note: read.value.note })
  return redirectTo(c, paths.giveBacks(), settled ? 'givenBack' : 'tooLate')
}

async function giveBackPage(c: OfficeContext, face: Face, sent?: SentForm) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  const from = readId(asked(c, 'from'))
  const done = asked(c, 'show') === 'done'
  const { giveBacks, next } = await listGiveBacks(face.shop.db, { done, from })
  const show = done ? 'done' : undefined
  return await officePage(
    c,
    face,
    { title: t.giveBacks, section: 'payments', status: sent ? 422 : 200 },
    <>
      <PaymentsHead c={c} current={paths.giveBacks()} />
      <ErrorSummary
        locale={locale}
        errors={sent ? summaryOf(settleElements, sent.errors, { locale, prefix: `${sent.form}.` }) : []}
      />
      <div class="row apart">
        <p class="soft">{done ? t.giveBacksDone : t.giveBacksText}</p>
        <a href={withQuery(paths.giveBacks(), { show: done ? undefined : 'done' })}>
          {done ? t.showDue : t.showDone}
        </a>
      </div>
      <Card flush>
        <GiveBacks {...{ c, shop: face.shop, giveBacks, sent }} empty={done ? t.noneDone : t.noneDue} />
        <Pager
          next={next === undefined ? undefined : withQuery(paths.giveBacks(), { show, from: next })}
          first={from === undefined ? undefined : withQuery(paths.giveBacks(), { show })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

type PartProps = { c: OfficeContext; shop: Shop; sent?: SentForm }

function GiveBacks({ giveBacks, empty, ...rest }: PartProps & { giveBacks: GiveBack[]; empty: string }) {
  const { c, shop } = rest
  const { locale } = c.var
  const t = paymentsTexts[locale]
  return (
    <Table
      caption={t.giveBacks}
      locale={locale}
      rows={giveBacks}
      rowId={(giveBack) => `give-back-${giveBack.id}`}
      empty={<p class="empty-title">{empty}</p>}
      columns={[
        {
          label: t.order,
          heading: true,
          narrow: true,
          cell: (giveBack) => (
            <a href={routes.office.orders.show(giveBack.orderNumber)}>{giveBack.orderNumber}</a>
          ),
        },
        {
          label: t.customer,
          cell: (giveBack) => <CustomerName customer={giveBack.customer} />,
        },
        {
          label: t.why,
          cell: (giveBack) => (
            <>
              {sayWhy(giveBack.why, locale)}
              {giveBack.payment && (
                <div class="soft small">
                  {sayMeans(giveBack.payment.means, shop, locale)},{' '}
                  <span class="mono">{giveBack.payment.reference}</span>
                </div>
              )}
            </>
          ),
        },
        {
          label: t.amount,
          numeric: true,
          narrow: true,
          cell: (giveBack) => (
            <strong>
              <Money cents={giveBack.amountCents} currency={giveBack.currency} locale={locale} />
            </strong>
          ),
        },
        {
          label: t.since,
          narrow: true,
          cell: (giveBack) => <Moment at={giveBack.createdAt} day locale={locale} />,
        },
        {
          label: '',
          cell: (giveBack) => <Settlement giveBack={giveBack} {...rest} />,
        },
      ]}
    />
  )
}

/** How it was given back, or the form that says so. */
function Settlement({ c, shop, giveBack, sent }: PartProps & { giveBack: GiveBack }) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  if (giveBack.done) {
    return (
      <>
        {sayWhy(giveBack.done.note, locale)}
        <div class="soft small">
          <Moment at={giveBack.done.at} locale={locale} />, {sayWho(giveBack.done.by, shop, locale)}
        </div>
      </>
    )
  }
  if (!mayChange(c)) return null
  if (giveBack.toCredits) {
    return (
      <Confirm label={creditsTexts[locale].putBack}>
        <p>{creditsTexts[locale].putBackHelp}</p>
        <ButtonForm action={paths.giveBack(giveBack.id)} csrf={csrfToken(c)} look="primary">
          {creditsTexts[locale].putBack}
        </ButtonForm>
      </Confirm>
    )
  }
  const form = `give${giveBack.id}`
  const mine = sent?.form === form ? sent : undefined
  return (
    <Confirm label={t.settle} open={Boolean(mine)}>
      <form method="post" action={paths.giveBack(giveBack.id)} class="stack" novalidate>
        <CsrfField csrf={csrfToken(c)} />
        <FormElements
          elements={settleElements}
          values={mine?.values}
          errors={mine?.errors}
          prefix={`${form}.`}
          locale={locale}
        />
        <Button look="primary">{t.settleNow}</Button>
      </form>
    </Confirm>
  )
}

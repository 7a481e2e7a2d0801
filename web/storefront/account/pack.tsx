import { elementsOf, type FormErrors, type FormValues, readForm } from '../../../sdk/form.ts'
import { findPack, giveSeat, listSeats, type Pack, type SeatFilter } from '../../../shop/pack.ts'
import type { Face } from '../../face.ts'
import { giveList, readOnce, type WrongList } from '../../packs/give-list.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { ConfirmList, confirmTitle, learnerForm, type PackUrls, PackView } from '../../packs/pack-view.tsx'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { PageHead } from '../../ui/card.tsx'
import { pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { refreshing } from '../../ui/refreshed.tsx'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { type AccountContext, readKey } from './account-page.tsx'
import { accountTexts } from './account-texts.ts'

const outcomes = ['given', 'givenLater', 'givenNot', 'full'] as const
const filters = ['free', 'held', 'over'] as const satisfies SeatFilter[]
const customer = { who: 'customer', audience: 'customer' } as const

type Wrong = { one?: { values: FormValues; errors: FormErrors; retryAfter?: number }; list?: WrongList }

/** A pack that the customer bought: its seats, and the forms that give them out. */
export async function showPack(c: AccountContext, face: Face) {
  const pack = await packOf(c, face)
  return pack ? await packPage(c, face, pack) : await notFound(c, face)
}

/** Gives one seat to one learner. */
export async function giveOne(c: AccountContext, face: Face) {
  const pack = await packOf(c, face)
  if (!pack) return await notFound(c, face)
  const body = await readBody(c)
  const values = readForm(elementsOf(learnerForm), body, 'learner.')
  const acted = await giveSeat(face.shop, face.engine, pack, values, customer, readOnce(body))
  const go = (outcome: (typeof outcomes)[number]) =>
    c.redirect(`${routes.account.pack(pack.unitId)}?outcome=${outcome}`, 303)
  if (acted.ok)
    return go(({ done: 'given', waiting: 'givenLater', needs_operator: 'givenNot' } as const)[acted.state])
  if (acted.reason === 'invalid') {
    return await packPage(c, face, pack, { one: { values, errors: acted.errors } })
  }
  if (acted.reason === 'too_often') {
    return await packPage(c, face, pack, {
      one: { values, errors: { '': acted.why }, retryAfter: acted.seconds },
    })
  }
  return go('full')
}

/** Takes a list of learners: what is wrong with it, whether it is meant, then its progress. */
export async function giveMany(c: AccountContext, face: Face) {
  const pack = await packOf(c, face)
  if (!pack) return await notFound(c, face)
  const { locale } = c.var
  const body = await readBody(c)
  const sent = await giveList(face.shop, pack, body, customer)
  if (sent.step === 'started') return c.redirect(routes.account.batch(sent.batch), 303)
  if (sent.step === 'wrong') return await packPage(c, face, pack, { list: sent.wrong })
  // Back to the list as it was sent, with nothing wrong.
  if (body.step === 'change') {
    return await packPage(c, face, pack, { list: { text: sent.checked.text, rows: [] } })
  }
  const title = confirmTitle(sent.checked, locale)
  return shopPage(
    c,
    face,
    { title, cartCount: await cartCount(c, face) },
    <>
      <PageHead title={title} lead={pick(pack.title, locale)} />
      <ConfirmList checked={sent.checked} urls={urlsOf(pack)} csrf={csrfToken(c)} locale={locale} />
    </>,
  )
}

async function packOf(c: AccountContext, face: Face): Promise<Pack | undefined> {
  const unit = readKey(c.req.param('unit'))
  return unit === undefined ? undefined : await findPack(face.shop, unit, c.var.customer.email)
}

function urlsOf({ unitId }: Pack): PackUrls {
  return {
    show: routes.account.pack(unitId),
    give: routes.account.giveSeat(unitId),
    list: routes.account.giveSeats(unitId),
    seat: routes.account.product,
  }
}

async function packPage(c: AccountContext, face: Face, pack: Pack, wrong: Wrong = {}) {
  const { locale } = c.var
  const t = packTexts[locale]
  const only = filters.find((one) => one === c.req.query('only'))
  const search = c.req.query('search')?.slice(0, 100)
  const after = readKey(c.req.query('after'))
  const { seats, next } = await listSeats(face.shop.db, pack.unitId, { after, only, search })
  const isWrong = Boolean(wrong.one || wrong.list?.fault || wrong.list?.rows.length)
  const outcome = isWrong ? undefined : outcomes.find((one) => one === c.req.query('outcome'))
  const moving = seats.some(({ underway }) => underway?.state === 'waiting')
  const title = pick(pack.title, locale)
  const retryAfter = wrong.one?.retryAfter ?? wrong.list?.retryAfter
  if (retryAfter !== undefined) c.header('retry-after', String(retryAfter))
  return shopPage(
    c,
    face,
    {
      title,
      status: retryAfter !== undefined ? 429 : isWrong ? 422 : 200,
      cartCount: await cartCount(c, face),
      head: moving && !wrong.list ? refreshing : undefined,
    },
    <>
      <PageHead
        title={title}
        lead={<a href={routes.order.show(pack.orderNumber, pack.orderToken)}>{t.lead(pack.orderNumber)}</a>}
        back={{ href: routes.account.show(), text: accountTexts[locale].products }}
      />
      {outcome && (
        <Notice tone={outcome === 'given' ? 'success' : 'warning'} locale={locale} announced>
          <p>{t[outcome]}</p>
        </Notice>
      )}
      <PackView
        pack={pack}
        shown={{ seats, next, after, only, search }}
        urls={urlsOf(pack)}
        csrf={csrfToken(c)}
        mayGive
        wrong={wrong.one}
        wrongList={wrong.list}
        locale={locale}
      />
    </>,
  )
}

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
import { refreshing } from '../../ui/refreshed.tsx'
import {
  asked,
  askedOneOf,
  idParameter,
  notFound,
  type OfficeContext,
  readId,
  whoOf,
} from '../office-route.ts'
import { mayChange, officePage, redirectTo } from '../page.tsx'
import { productsTexts } from './products-texts.ts'

const filters = ['free', 'held', 'over'] as const satisfies SeatFilter[]

type Wrong = { one?: { values: FormValues; errors: FormErrors }; list?: WrongList }

/** A pack that somebody bought: its seats together, and the forms that give them out. */
export async function showPack(c: OfficeContext, face: Face) {
  return await packPage(c, face, await packOf(c, face))
}

/** Gives one seat to one learner. */
export async function giveOne(c: OfficeContext, face: Face) {
  const pack = await packOf(c, face)
  const body = await readBody(c)
  const values = readForm(elementsOf(learnerForm), body, 'learner.')
  const acted = await giveSeat(face.shop, face.engine, pack, values, byOperator(c), readOnce(body))
  const here = routes.office.packs.show(pack.unitId)
  if (acted.ok) {
    const outcomes = { done: 'acted', waiting: 'actedLater', needs_operator: 'actedNot' } as const
    return redirectTo(c, here, outcomes[acted.state])
  }
  if (acted.reason === 'invalid') {
    return await packPage(c, face, pack, { one: { values, errors: acted.errors } })
  }
  return redirectTo(c, here, 'tooLate')
}

/** Takes a list of learners: what is wrong with it, whether it is meant, then its progress. */
export async function giveMany(c: OfficeContext, face: Face) {
  const pack = await packOf(c, face)
  const { locale } = c.var
  const body = await readBody(c)
  const sent = await giveList(face.shop, pack, body, byOperator(c))
  if (sent.step === 'started') return c.redirect(routes.office.batches.show(sent.batch), 303)
  if (sent.step === 'wrong') return await packPage(c, face, pack, { list: sent.wrong })
  // Back to the list as it was sent, with nothing wrong.
  if (body.step === 'change') {
    return await packPage(c, face, pack, { list: { text: sent.checked.text, rows: [] } })
  }
  const title = confirmTitle(sent.checked, locale)
  return await officePage(
    c,
    face,
    { title, section: 'products' },
    <>
      <PageHead title={title} lead={pick(pack.title, locale)} />
      <ConfirmList checked={sent.checked} urls={urlsOf(pack)} csrf={csrfToken(c)} locale={locale} />
    </>,
  )
}

const byOperator = (c: OfficeContext) => ({ who: whoOf(c), audience: 'operator' }) as const

async function packOf(c: OfficeContext, face: Face): Promise<Pack> {
  return (await findPack(face.shop, idParameter(c, 'unit'))) ?? notFound()
}

function urlsOf({ unitId }: Pack): PackUrls {
  return {
    show: routes.office.packs.show(unitId),
    give: routes.office.packs.give(unitId),
    list: routes.office.packs.list(unitId),
    seat: routes.office.products.show,
  }
}

async function packPage(c: OfficeContext, face: Face, pack: Pack, wrong: Wrong = {}) {
  const { locale } = c.var
  const only = askedOneOf(c, 'only', filters)
  const search = asked(c, 'search')
  const after = readId(asked(c, 'after'))
  const { seats, next } = await listSeats(face.shop.db, pack.unitId, { after, only, search })
  const isWrong = Boolean(wrong.one || wrong.list?.fault || wrong.list?.rows.length)
  const moving = seats.some(({ underway }) => underway?.state === 'waiting')
  const title = pick(pack.title, locale)
  return await officePage(
    c,
    face,
    {
      title,
      section: 'products',
      status: isWrong ? 422 : 200,
      head: moving && !wrong.list ? refreshing : undefined,
    },
    <>
      <PageHead
        title={title}
        lead={
          <>
            <a href={routes.office.orders.show(pack.orderNumber)}>
              {packTexts[locale].lead(pack.orderNumber)}
            </a>
            , {pack.buyer}
          </>
        }
        back={{ href: routes.office.products.index(), text: productsTexts[locale].title }}
      />
      <PackView
        pack={pack}
        shown={{ seats, next, after, only, search }}
        urls={urlsOf(pack)}
        csrf={csrfToken(c)}
        mayGive={mayChange(c)}
        wrong={wrong.one}
        wrongList={wrong.list}
        locale={locale}
      />
    </>,
  )
}

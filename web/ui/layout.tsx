import { raw } from 'hono/html'
import type { Child, PropsWithChildren } from 'hono/jsx'
import { routes } from '../routes.ts'
import { assetUrl } from './assets.ts'
import { Icon } from './icon.tsx'
import { type Locale, locales } from './locale.ts'
import { texts } from './texts.ts'

type DocumentProps = PropsWithChildren<{
  /** The page's own title; the shop's name is added. */
  title: string
  shopName: string
  locale: Locale
  face: 'storefront' | 'office'
  /** What else the head holds. */
  head?: Child
}>

/** The document around every page. */
export function Document({ title, shopName, locale, face, head, children }: DocumentProps) {
  return (
    <>
      {raw('<!doctype html>')}
      <html lang={locale}>
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <meta name="color-scheme" content="light dark" />
          <title>{title === shopName ? title : `${title} · ${shopName}`}</title>
          <link rel="icon" href={assetUrl('icon.svg')} type="image/svg+xml" />
          <link rel="stylesheet" href={assetUrl('boutique.css')} />
          <script type="module" src={assetUrl('boutique.js')} />
          {head}
        </head>
        <body class={face}>
          <a class="skip" href="#content">
            {texts[locale].skip}
          </a>
          {children}
        </body>
      </html>
    </>
  )
}

/** The other language, as a link to this same page. `path` is the current path with its query. */
export function LanguageSwitch({ path, locale }: { path: string; locale: Locale }) {
  return (
    <nav class="languages" aria-label={texts[locale].language}>
      {locales.map((other) =>
        other === locale ? (
          <span aria-current="true" lang={other}>
            {texts[other].thisLanguage}
          </span>
        ) : (
          <a href={inLanguage(path, other)} lang={other} hreflang={other}>
            {texts[other].thisLanguage}
          </a>
        ),
      )}
    </nav>
  )
}

function inLanguage(path: string, locale: Locale): string {
  const [pathname = '/', query = ''] = path.split('?')
  const parameters = new URLSearchParams(query)
  parameters.set('lang', locale)
  // "//evil.example" is a path of ours to the server, and another site to a browser
  return `${pathname.replace(/^[/\\]+/, '/')}?${parameters}`
}

type LayoutProps = PropsWithChildren<{
  title: string
  shopName: string
  locale: Locale
  /** The current path with its query, for the language switch. */
  path: string
  /** Units in the cart. */
  cartCount: number
  /** Whether this browser was signed in: its pages find out whether it still is. */
  signedIn?: boolean
  /** Pages of one column (cart, checkout, order) read better narrow. */
  width?: 'wide' | 'narrow'
  head?: Child
}>

/** A page of the storefront. */
export function Layout(props: LayoutProps) {
  const { title, shopName, locale, path, cartCount, signedIn, width = 'wide', head, children } = props
  const t = texts[locale]
  return (
    <Document title={title} shopName={shopName} locale={locale} face="storefront" head={head}>
      <header class="shop-head">
        <div class="shop-bar">
          <a class="brand" href={routes.catalog()}>
            <span class="brand-mark" aria-hidden="true">
              {[...shopName][0]}
            </span>
            {shopName}
          </a>
          <LanguageSwitch path={path} locale={locale} />
          <a class="account-link" href={signedIn ? routes.account.show() : routes.account.signIn()}>
            <Icon name="person" size={18} />
            <span class="account-word">{signedIn ? t.myProducts : t.signIn}</span>
          </a>
          <a class="cart-link" href={routes.cart.show()}>
            <Icon name="cart" size={18} />
            <span class="cart-word">{t.cart}</span>{' '}
            {cartCount > 0 && (
              <>
                <span class="cart-count">{cartCount}</span>{' '}
                <span class="visually-hidden">{t.unitsWord(cartCount)}</span>
              </>
            )}
          </a>
        </div>
      </header>
      <main id="content" class={`shop-main ${width}`} tabindex={-1}>
        {children}
      </main>
      <footer class="shop-foot">
        <div class="shop-bar">
          <span>{shopName}</span>
          <nav aria-label={t.legal.notice}>
            <a href={routes.legal.terms()}>{t.legal.terms}</a>
            <a href={routes.legal.privacy()}>{t.legal.privacy}</a>
            <a href={routes.legal.notice()}>{t.legal.notice}</a>
          </nav>
        </div>
      </footer>
    </Document>
  )
}

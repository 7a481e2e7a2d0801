import type { Child } from 'hono/jsx'
import { type Language, voiceIn } from './texts.ts'

/** The frame of every page: it says first of all that this is no real Moodle. */
export function Page(props: {
  language: Language
  title: string
  sitename: string
  release: string
  /** The page's own address with its other parameters: the language is added. */
  address: string
  children: Child
}) {
  const { t } = voiceIn(props.language)
  const other = props.language === 'fr' ? 'en' : 'fr'
  return (
    <html lang={props.language}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{props.title}</title>
        <link rel="stylesheet" href="/sandbox/sandbox.css" />
      </head>
      <body>
        <header>
          <p class="not-real">
            <strong>{t.sandbox}</strong> {t.notReal}
          </p>
          <div class="top">
            <a class="brand" href={withLanguage('/', props.language)}>
              {props.sitename}
            </a>
            <span class="release">{t.release(props.release)}</span>
            <a
              class="language"
              lang={other}
              hreflang={other}
              href={withLanguage(props.address, other)}
              title={t.otherLanguageLong}
            >
              {t.otherLanguage}
            </a>
          </div>
        </header>
        {props.children}
      </body>
    </html>
  )
}

/** The address, asking for this language. */
export function withLanguage(address: string, language: Language): string {
  const [path = '', anchor] = address.split('#')
  return `${path}${path.includes('?') ? '&' : '?'}lang=${language}${anchor === undefined ? '' : `#${anchor}`}`
}
